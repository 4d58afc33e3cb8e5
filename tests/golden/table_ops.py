#!/usr/bin/python3
"""What pandas says of the groups in tests/unit/test_group.c and the joins in tests/unit/test_join.c.

Debian's python3-pandas: prints the C rows.  1.5.3 when they were taken.
"""
import pandas as pd

g = pd.DataFrame({
    'k': ['a', 'b', 'a', None, 'b', 'a', None, 'c'],
    'n': [1, 2, 3, 4, 2, None, 7, None],
    'x': [0.1, 0.2, 0.3, 1e16, 1.0, -0.7, 1.0, None],
})
print(pd.__version__)
r = g.groupby('k', dropna=False).agg(
    n=('n', 'size'), c=('x', 'count'), u=('n', 'nunique'), s=('x', 'sum'), m=('x', 'mean'), lo=('x', 'min'),
    hi=('x', 'max'), sd=('x', 'std'), v=('x', 'var'), md=('x', 'median'),
    q=('x', lambda v: v.quantile(0.9)), f=('x', 'first'), l=('x', 'last'))
pd.set_option('display.width', 250, 'display.max_columns', 20, 'display.precision', 17)
print(r)
left = pd.DataFrame({'at': [1, 5, 10, 3], 'k': ['x', 'x', 'x', 'y'], 'a': [1, 2, 3, 4]}).sort_values('at')
right = pd.DataFrame({'at': [2, 5, 5, 9], 'k': ['x', 'x', 'x', 'y'], 'b': [20, 50, 51, 90]})
for kw in ({}, {'allow_exact_matches': False}, {'tolerance': 2}):
    print(kw, pd.merge_asof(left, right, on='at', by='k', **kw).sort_values('a')['b'].tolist())
