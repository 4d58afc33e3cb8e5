/*
 * Draw the charts of a page.
 *
 * A chart is <figure class="chart"><div class="plot"></div><script type="application/json">SPEC</script>:
 * a Vega-Lite specification without colours.  They come from the style sheet's variables, which SVG
 * resolves by itself, so that light, dark and print need no second drawing.
 */
import embed from "vega-embed";
import { expressionInterpreter } from "vega-interpreter";

const color = (name) => `var(--${name})`;
const font = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif";

const axis = {
  labelColor: color("muted"),
  titleColor: color("muted"),
  gridColor: color("line"),
  domainColor: color("line"),
  tickColor: color("line"),
  labelFont: font,
  titleFont: font,
  labelFontSize: 11,
  titleFontSize: 11,
  titleFontWeight: "normal",
  labelLimit: 160,
};

const config = {
  background: "transparent",
  view: { stroke: null },
  font,
  axis,
  legend: {
    labelColor: color("ink"),
    titleColor: color("muted"),
    labelFont: font,
    titleFont: font,
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: "normal",
    orient: "top",
    offset: 4,
    symbolOpacity: 1,
  },
  title: { color: color("ink"), font },
  header: { labelColor: color("ink"), titleColor: color("muted") },
  range: { category: [1, 2, 3, 4, 5, 6, 7, 8].map((i) => color(`series${i}`)) },
  mark: { color: color("series1"), tooltip: true },
  bar: { color: color("series1") },
  line: { strokeWidth: 1.75, color: color("series1") },
  area: { color: color("series1") },
  point: { color: color("series1"), filled: true },
  rect: { color: color("series1") },
  rule: { color: color("muted") },
  text: { color: color("ink"), font, fontSize: 11 },
  style: {
    reference: { color: color("muted"), stroke: color("muted"), strokeDash: [4, 4], strokeWidth: 1, tooltip: null },
    band: { fill: color("series1"), fillOpacity: 0.18 },
    cell: { stroke: null },
    warn: { fill: color("warn"), stroke: color("warn") },
    bad: { fill: color("bad"), stroke: color("bad") },
  },
};

const options = {
  mode: "vega-lite",
  renderer: "svg",
  ast: true,
  expr: expressionInterpreter,
  actions: false, /* a picture saved alone would have lost the variables' colours */
  tooltip: { theme: "custom" },
  config,
};

async function draw(figure) {
  if (figure.dataset.drawn) {
    return;
  }
  figure.dataset.drawn = "yes";
  const plot = figure.querySelector(".plot");
  try {
    const spec = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
    await embed(plot, spec, options);
    figure.classList.add("drawn");
  } catch (error) {
    plot.textContent = `This chart could not be drawn: ${error.message}. Its data are below.`;
    figure.querySelector("details")?.setAttribute("open", "");
  }
}

function start() {
  const figures = [...document.querySelectorAll("figure.chart")];
  if (figures.length <= 24 || !("IntersectionObserver" in window)) {
    figures.forEach(draw);
    return;
  }
  /* Many charts: each when it comes near the screen, all before printing. */
  const near = new IntersectionObserver(
    (entries) => entries.filter((e) => e.isIntersecting).forEach((e) => draw(e.target)),
    { rootMargin: "600px" },
  );
  figures.forEach((figure) => near.observe(figure));
  window.addEventListener("beforeprint", () => figures.forEach(draw));
}

if (document.readyState === "loading") {
  document.addEventListener("DOMContentLoaded", start);
} else {
  start();
}
