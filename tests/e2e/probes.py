"""JavaScript that the browser tests run in a page.

OVERFLOW lists the elements that are wider than the page, FOCUSED describes the focused one,
CONTRAST lists the texts whose contrast is below 4.5, which WCAG AA demands.
"""

OVERFLOW = """
() => [...document.querySelectorAll("body *")]
  .filter(element =>
    element.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
  .map(element => element.outerHTML.slice(0, 80))
"""
FOCUSED = """
() => {
  const element = document.activeElement, place = element.getBoundingClientRect();
  const outline = parseFloat(getComputedStyle(element).outlineWidth);
  return {href: element.getAttribute("href"), seen: place.top >= 0 && place.width > 0, outline};
}
"""
CONTRAST = """
() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const light = colour => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(
      part => (part /= 255) <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    const own = getComputedStyle(element).backgroundColor;
    const parent = element.parentElement;
    return own !== "rgba(0, 0, 0, 0)" || !parent ? own : behind(parent);
  };
  const written = element => [...element.childNodes].some(
    node => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const texts = [...document.querySelectorAll("body *")].filter(
    element => element.checkVisibility() && written(element));
  return texts.map(element => {
    const colours = [getComputedStyle(element).color, behind(element)];
    const [high, low] = colours.map(light).sort((a, b) => b - a);
    const ratio = Math.round((high + 0.05) / (low + 0.05) * 100) / 100;
    return [ratio, element.textContent.trim().slice(0, 40)];
  }).filter(([ratio]) => ratio < 4.5);
}
"""
EMPTY = "all => all.filter(element => !element.innerText.trim()).length"
REPEATED_IDS = "all => all.length - new Set(all.map(element => element.id)).size"
