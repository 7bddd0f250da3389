// The blend of unnoise.inference.treatment, for a part of one square.

// The weights of red, green and blue in the brightness, Rec. ITU-R BT.601, as in unnoise.luma.
const RED = 0.299, GREEN = 0.587, BLUE = 0.114;
// The network's change is held in 64ths of a level of 8 bits, as in unnoise.server.views.
const STEP = 1 / 64;

/** The strength for colour that belongs to a strength where none is chosen, as DenoiseOptions has it. */
export const followed = (strength) => 1 - (1 - strength) ** 2;

/**
 * Blend a part of a square into a picture.
 *
 * @param {{colours: Uint8ClampedArray, change: Int16Array, width: number}} square colours RGBA, changes RGB
 * @param {{x: number, y: number, width: number, height: number}} part within the square
 * @param {{data: Uint8ClampedArray, width: number}} picture RGBA; its samples round and clip
 * @param {{x: number, y: number}} place of the part in the picture
 * @param {number} luma strength in brightness, 0 to 1
 * @param {number} chroma strength in colour, 0 to 1
 */
export function blend(square, part, picture, place, luma, chroma) {
  const { colours, change } = square, out = picture.data;
  const colour = chroma * STEP, bright = (luma - chroma) * STEP;
  const red = RED * bright, green = GREEN * bright, blue = BLUE * bright;
  for (let row = 0; row < part.height; row++) {
    const first = (part.y + row) * square.width + part.x;
    let from = first * 4, by = first * 3, to = ((place.y + row) * picture.width + place.x) * 4;
    for (const end = to + part.width * 4; to < end; from += 4, by += 3, to += 4) {
      const r = change[by], g = change[by + 1], b = change[by + 2];
      const more = red * r + green * g + blue * b;
      out[to] = colours[from] + colour * r + more;
      out[to + 1] = colours[from + 1] + colour * g + more;
      out[to + 2] = colours[from + 2] + colour * b + more;
      out[to + 3] = colours[from + 3];
    }
  }
}
