/**
 * Structural similarity of two planes of bytes: Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality
 * assessment: from error visibility to structural similarity", IEEE Transactions on Image Processing 13 (2004), 600-612; over
 * windows of 8 x 8, four pixels apart. 1 is the same.
 */
export function ssim(one: Uint8Array, other: Uint8Array, width: number, height: number): number {
  const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
  let sum = 0;
  let windows = 0;
  for (let top = 0; top + 8 <= height; top += 4) {
    for (let left = 0; left + 8 <= width; left += 4) {
      const { a, b, aa, bb, ab } = sums(one, other, top * width + left, width);
      const [meanA, meanB] = [a / 64, b / 64];
      const [varA, varB, both] = [aa / 64 - meanA ** 2, bb / 64 - meanB ** 2, ab / 64 - meanA * meanB];
      sum +=
        ((2 * meanA * meanB + c1) * (2 * both + c2)) / ((meanA ** 2 + meanB ** 2 + c1) * (varA + varB + c2));
      windows += 1;
    }
  }
  return sum / windows;
}

function sums(one: Uint8Array, other: Uint8Array, from: number, width: number) {
  let [a, b, aa, bb, ab] = [0, 0, 0, 0, 0];
  for (let row = 0; row < 8; row += 1) {
    for (let at = from + row * width; at < from + row * width + 8; at += 1) {
      const [x = 0, y = 0] = [one[at], other[at]];
      a += x;
      b += y;
      aa += x * x;
      bb += y * y;
      ab += x * y;
    }
  }
  return { a, b, aa, bb, ab };
}
