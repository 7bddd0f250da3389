// Squares of pictures, asked for once and kept as long as there is room.

const ROOM = 400 * 2 ** 20;

export class Squares {
  #kept = new Map();
  #bytes = 0;

  /** @param {(error: Error) => void} failed is told of squares that do not come */
  constructor(failed = () => {}) {
    this.failed = failed;
  }

  /** The square, or null where it is not there yet; then `arrived` is called as soon as it is. */
  get(answer, level, column, row, arrived) {
    const key = `${answer.id}/squares/${level}/${column}/${row}`;
    const found = this.#kept.get(key);
    if (!found) {
      this.#kept.set(key, { square: null, bytes: 0 });
      this.#load(answer.view, key, level, column, row).then(arrived, (error) => {
        this.#kept.delete(key);
        this.failed(error, answer);
      });
      return null;
    }
    this.#kept.delete(key);
    this.#kept.set(key, found);
    return found.square;
  }

  /** How many squares are on their way. */
  get pending() {
    return [...this.#kept.values()].filter(({ square }) => !square).length;
  }

  /** The square if it is there, without asking for it. */
  peek(answer, level, column, row) {
    return this.#kept.get(`${answer.id}/squares/${level}/${column}/${row}`)?.square ?? null;
  }

  /** Forget the squares of an answer. */
  drop(id) {
    for (const [key, { bytes }] of this.#kept) {
      if (key.startsWith(`${id}/`)) {
        this.#kept.delete(key);
        this.#bytes -= bytes;
      }
    }
  }

  async #load(view, key, level, column, row) {
    const response = await fetch(`/api/answers/${key}`);
    if (!response.ok) throw Object.assign(new Error("This part of the image did not come."), { status: response.status });
    const content = await response.arrayBuffer();
    const width = Math.min(view.side, Math.ceil(view.width / 2 ** level) - column * view.side);
    const height = content.byteLength / 10 / width;
    const square = {
      width, height,
      colours: new Uint8ClampedArray(content, 0, width * height * 4),
      change: new Int16Array(content, width * height * 4),
    };
    this.#kept.set(key, { square, bytes: content.byteLength });
    this.#bytes += content.byteLength;
    for (const [old, { bytes, square: there }] of this.#kept) {
      if (this.#bytes <= ROOM) break;
      if (there && old !== key) {
        this.#kept.delete(old);
        this.#bytes -= bytes;
      }
    }
  }
}
