// The canvas: before and after, zoom and pan. Only what is on the screen is blended.

import { blend } from "./blend.js";
import { Squares } from "./squares.js";

const MOST = 32;  // screen pixels for one of the image

export class Viewer {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {(viewer: Viewer) => void} moved called when zoom or divider have changed
   * @param {(error: Error, answer: object) => void} failed called when squares do not come
   */
  constructor(canvas, moved, failed) {
    this.canvas = canvas;
    this.squares = new Squares(failed);
    this.moved = moved;
    this.after = null;    // the answer at the right
    this.before = null;   // another answer at the left; null: the image as it was
    this.luma = this.chroma = 1;
    this.split = 0.5;     // of the canvas' width
    this.original = false;
    this.whole = true;    // nothing that is seen is still on its way
    this.fitted = true;
    this.scale = 1;       // screen pixels for one of the image
    this.x = this.y = 0;  // of the image, in the canvas' middle
    this.pictures = { left: new Picture(), right: new Picture() };
    this.drawn = { count: 0, milliseconds: 0 };
    new ResizeObserver(() => this.#resize()).observe(canvas);
    this.#resize();
  }

  /** Show another answer; its zoom and place stay where the image's size is the same. */
  show(after, before = null) {
    const same = this.after && after && this.after.view.width === after.view.width && this.after.view.height === after.view.height;
    [this.after, this.before] = [after, before];
    if (after && !same) this.fit();
    this.refresh();
  }

  blendBy(luma, chroma) {
    [this.luma, this.chroma] = [luma, chroma];
    this.refresh();
  }

  fit() {
    this.fitted = true;
    const { width, height } = this.after.view;
    this.scale = Math.min(this.canvas.width / width, this.canvas.height / height, MOST);
    [this.x, this.y] = [width / 2, height / 2];
    this.refresh();
  }

  /** Zoom to a scale, so that the point of the canvas at (x, y), its middle if none is given, stays. */
  zoom(scale, x = this.canvas.width / 2, y = this.canvas.height / 2) {
    const fit = Math.min(this.canvas.width / this.after.view.width, this.canvas.height / this.after.view.height);
    scale = Math.min(Math.max(scale, Math.min(fit, 1)), MOST);
    const [dx, dy] = [x - this.canvas.width / 2, y - this.canvas.height / 2];
    this.x += dx / this.scale - dx / scale;
    this.y += dy / this.scale - dy / scale;
    this.scale = scale;
    this.fitted = scale <= fit;
    this.#hold();
    this.refresh();
  }

  pan(dx, dy) {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
    this.#hold();
    this.refresh();
  }

  divide(split) {
    this.split = Math.min(Math.max(split, 0), 1);
    this.refresh();
  }

  /** Draw with the next frame. */
  refresh() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.waiting = false;
    const started = performance.now();
    const { canvas } = this, context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    this.whole = true;
    if (this.after?.view) {
      const split = Math.round(this.split * canvas.width);
      const left = this.original ? canvas.width : split;
      if (left > 0) this.#side(context, this.pictures.left, this.original ? null : this.before, 0, left);
      if (left < canvas.width) this.#side(context, this.pictures.right, this.after, left, canvas.width);
      this.drawn = { count: this.drawn.count + 1, milliseconds: performance.now() - started };
    }
    this.moved(this);
  }

  /** Draw the canvas between two columns: an answer, or the image as it was. */
  #side(context, picture, answer, first, last) {
    const { view } = this.after, { canvas, scale } = this;
    const level = Math.min(Math.max(Math.floor(Math.log2(1 / scale) + 0.5), 0), view.levels - 1), size = 2 ** level;
    const [width, height] = [Math.ceil(view.width / size), Math.ceil(view.height / size)];
    // The part of this level that is seen.
    const [originX, originY] = [canvas.width / 2 - this.x * scale, canvas.height / 2 - this.y * scale];
    const step = scale * size;
    const x = Math.max(0, Math.floor((first - originX) / step) - 1), y = Math.max(0, Math.floor(-originY / step) - 1);
    const right = Math.min(width, Math.ceil((last - originX) / step) + 1);
    const bottom = Math.min(height, Math.ceil((canvas.height - originY) / step) + 1);
    if (right <= x || bottom <= y) return;
    const source = answer ?? this.after;
    const [luma, chroma] = answer ? [this.luma, this.chroma] : [0, 0];
    const part = { level, x, y, width: right - x, height: bottom - y };
    this.whole = picture.update(this.squares, source, part, luma, chroma, () => this.refresh()) && this.whole;
    context.save();
    context.beginPath();
    context.rect(first, 0, last - first, canvas.height);
    context.clip();
    context.imageSmoothingEnabled = scale < 2;
    const [toX, toY] = [originX + x * step, originY + y * step];
    const toWidth = Math.min(part.width * step, originX + view.width * scale - toX);
    const toHeight = Math.min(part.height * step, originY + view.height * scale - toY);
    const exact = step === 1;
    context.drawImage(
      picture.canvas, 0, 0, part.width, part.height,
      exact ? Math.round(toX) : toX, exact ? Math.round(toY) : toY, exact ? part.width : toWidth, exact ? part.height : toHeight,
    );
    context.restore();
  }

  /** Keep the image on the canvas. */
  #hold() {
    for (const [axis, side] of [["x", "width"], ["y", "height"]]) {
      const half = this.canvas[side] / 2 / this.scale, whole = this.after.view[side];
      this[axis] = whole <= 2 * half ? whole / 2 : Math.min(Math.max(this[axis], half), whole - half);
    }
  }

  #resize() {
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.canvas;
    this.canvas.width = Math.max(1, Math.round(clientWidth * ratio));
    this.canvas.height = Math.max(1, Math.round(clientHeight * ratio));
    if (!this.after) return;
    if (this.fitted) this.fit();
    else this.#hold();
    this.draw();
  }
}

/** The part of an image that is seen at one side, blended, on a canvas of its own. */
class Picture {
  canvas = document.createElement("canvas");
  #data = null;
  #state = "";

  /** Blend the part anew where something has changed; tell whether all of it is there. */
  update(squares, answer, part, luma, chroma, arrived) {
    const { level, x, y, width, height } = part;
    const state = [answer.id, level, x, y, width, height, luma, chroma].join();
    if (state === this.#state) return true;
    if (this.#data?.width !== width || this.#data?.height !== height) {
      [this.canvas.width, this.canvas.height] = [width, height];
      this.#data = new ImageData(width, height);
    }
    const { side } = answer.view;
    let whole = true;
    for (let row = Math.floor(y / side); row * side < y + height; row++) {
      for (let column = Math.floor(x / side); column * side < x + width; column++) {
        const [left, top] = [Math.max(x, column * side), Math.max(y, row * side)];
        const here = { x: left - column * side, y: top - row * side, width: 0, height: 0 };
        here.width = Math.min(x + width, (column + 1) * side) - left;
        here.height = Math.min(y + height, (row + 1) * side) - top;
        const square = squares.get(answer, level, column, row, arrived);
        if (square) blend(square, here, this.#data, { x: left - x, y: top - y }, luma, chroma);
        else {
          whole = false;
          this.#coarse(squares, answer, level, left, top, here, { x: left - x, y: top - y }, luma, chroma);
        }
      }
    }
    this.canvas.getContext("2d").putImageData(this.#data, 0, 0);
    this.#state = whole ? state : "";
    return whole;
  }

  /** Fill a part whose square is not there from the next coarser one that is; clear it where there is none. */
  #coarse(squares, answer, level, left, top, part, place, luma, chroma) {
    const { side, levels } = answer.view;
    const line = { data: new Uint8ClampedArray(4), width: 1 }, out = new Uint32Array(this.#data.data.buffer);
    const word = new Uint32Array(line.data.buffer);
    for (let up = level + 1; up < levels; up++) {
      const size = 2 ** (up - level), [column, row] = [left, top].map((at) => Math.floor(at / size / side));
      const square = squares.peek(answer, up, column, row);
      if (!square) continue;
      for (let dy = 0; dy < part.height; dy++) {
        const y = Math.min(Math.floor((top + dy) / size) - row * side, square.height - 1);
        let last = -1;
        for (let dx = 0; dx < part.width; dx++) {
          const x = Math.min(Math.floor((left + dx) / size) - column * side, square.width - 1);
          if (x !== last) blend(square, { x, y, width: 1, height: 1 }, line, { x: 0, y: 0 }, luma, chroma);
          last = x;
          out[(place.y + dy) * this.#data.width + place.x + dx] = word[0];
        }
      }
      return;
    }
    for (let dy = 0; dy < part.height; dy++) {
      const start = (place.y + dy) * this.#data.width + place.x;
      out.fill(0, start, start + part.width);
    }
  }
}
