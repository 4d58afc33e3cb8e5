/*
 * base/cpu.h - what the processor can do, asked at run time
 *
 * The program runs on any x86-64 and elsewhere: a kernel for more than that stands in a file of its own
 * (NAME_avx2.c, NAME_avx512.c, which the Makefile compiles for them) beside the portable one, which stays as
 * the oracle of the tests, and is called only where these say yes.
 */
#ifndef HONE_BASE_CPU_H
#define HONE_BASE_CPU_H

#include <stdbool.h>

/* AVX2 with the bit instructions that every such processor has. */
static inline bool hone_cpu_avx2(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return false;
#endif
}

/* AVX-512 F, BW, DQ and VL: what -mavx512* of the Makefile asks for. */
static inline bool hone_cpu_avx512(void)
{
#if defined(__x86_64__)
    return hone_cpu_avx2() && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
#else
    return false;
#endif
}

/* What kernels choose by: "avx512", "avx2" or "plain". */
static inline const char *hone_cpu_name(void)
{
    return hone_cpu_avx512() ? "avx512" : hone_cpu_avx2() ? "avx2" : "plain";
}

#endif
