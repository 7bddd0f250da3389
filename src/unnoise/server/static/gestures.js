// Mouse, fingers and keys on the canvas and its divider.

const KEYS = { "+": 1.25, "=": 1.25, "-": 0.8 };

/** Let a viewer be used; `step` is called with -1 or 1 for the image before or after. */
export function useViewer(viewer, divider, step) {
  const { canvas } = viewer, stage = canvas.parentElement, pointers = new Map();
  const ratio = () => canvas.width / canvas.clientWidth;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * ratio(), (event.clientY - box.top) * ratio()];
  };
  const distance = () => {
    const [[ax, ay], [bx, by]] = [...pointers.values()];
    return { apart: Math.hypot(ax - bx, ay - by), x: (ax + bx) / 2, y: (ay + by) / 2 };
  };
  let sliding = false;

  const down = (event, slides) => {
    if (event.button !== 0 || !viewer.after) return;
    event.target.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, at(event));
    // Where the whole image is seen there is nothing to move but the divider.
    sliding = pointers.size === 1 && (slides || viewer.fitted);
    canvas.classList.toggle("sliding", sliding);
    if (sliding && !slides) viewer.divide(at(event)[0] / canvas.width);
  };
  const move = (event) => {
    const old = pointers.get(event.pointerId);
    if (!old) return;
    const now = at(event);
    if (pointers.size === 2) {
      const before = distance();
      pointers.set(event.pointerId, now);
      const after = distance();
      viewer.zoom(viewer.scale * after.apart / Math.max(before.apart, 1), after.x, after.y);
      viewer.pan(after.x - before.x, after.y - before.y);
      return;
    }
    pointers.set(event.pointerId, now);
    if (sliding) viewer.divide(now[0] / canvas.width);
    else viewer.pan(now[0] - old[0], now[1] - old[1]);
  };
  const up = (event) => {
    pointers.delete(event.pointerId);
    canvas.classList.remove("sliding");
  };
  for (const [element, slides] of [[canvas, false], [divider, true]]) {
    element.addEventListener("pointerdown", (event) => down(event, slides));
    element.addEventListener("pointermove", move);
    for (const kind of ["pointerup", "pointercancel"]) element.addEventListener(kind, up);
  }
  stage.addEventListener("wheel", (event) => {
    if (!viewer.after) return;
    event.preventDefault();
    viewer.zoom(viewer.scale * Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), ...at(event));
  }, { passive: false });
  canvas.addEventListener("dblclick", (event) => viewer.after && (viewer.fitted ? viewer.zoom(1, ...at(event)) : viewer.fit()));

  divider.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
    const to = { Home: 0, End: 1 }[event.key] ?? (event.key in steps ? viewer.split + steps[event.key] * (event.shiftKey ? 0.1 : 0.02) : null);
    if (to === null) return;
    event.preventDefault();
    viewer.divide(to);
  });
  addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=range]), select") || (event.key === " " && event.target.closest("button, input"));
    if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
    if (event.key === "[" || event.key === "]") step(event.key === "[" ? -1 : 1);
    else if (!viewer.after) return;
    else if (event.key in KEYS) viewer.zoom(viewer.scale * KEYS[event.key]);
    else if (event.key === "0") viewer.fit();
    else if (event.key === "1") viewer.zoom(1);
    else if (event.key === " ") {
      viewer.original = true;
      viewer.refresh();
    } else if (event.target === document.body && event.key.startsWith("Arrow")) divider.focus();
    else return;
    event.preventDefault();
  });
  addEventListener("keyup", (event) => {
    if (event.key !== " " || !viewer.original) return;
    viewer.original = false;
    viewer.refresh();
  });
}
