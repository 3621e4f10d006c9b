import type { Primaries } from './h273.js';

export type Matrix = readonly [number, number, number, number, number, number, number, number, number];
type Triple = readonly [number, number, number];

function times(one: Matrix, other: Matrix): Matrix {
  const cell = (at: number) => {
    const [row, column] = [Math.floor(at / 3) * 3, at % 3];
    return [0, 1, 2].reduce((sum, k) => sum + (one[row + k] ?? 0) * (other[k * 3 + column] ?? 0), 0);
  };
  return [cell(0), cell(1), cell(2), cell(3), cell(4), cell(5), cell(6), cell(7), cell(8)];
}

function apply([a, b, c, d, e, f, g, h, i]: Matrix, [x, y, z]: Triple): Triple {
  return [a * x + b * y + c * z, d * x + e * y + f * z, g * x + h * y + i * z];
}

function inverse([a, b, c, d, e, f, g, h, i]: Matrix): Matrix {
  const [p, q, r] = [e * i - f * h, f * g - d * i, d * h - e * g];
  const scale = 1 / (a * p + b * q + c * r);
  const cells = [
    p,
    c * h - b * i,
    b * f - c * e,
    q,
    a * i - c * g,
    c * d - a * f,
    r,
    b * g - a * h,
    a * e - b * d,
  ];
  return cells.map((cell) => cell * scale) as unknown as Matrix;
}

const xyz = (x: number, y: number): Triple => [x / y, 1, (1 - x - y) / y];
const diagonal = ([x, y, z]: Triple): Matrix => [x, 0, 0, 0, y, 0, 0, 0, z];

/** Linear light of these primaries to CIE XYZ, where white has Y = 1 (SMPTE RP 177). */
export function toXyz([rx, ry, gx, gy, bx, by, wx, wy]: Primaries): Matrix {
  const columns: Matrix = [rx, gx, bx, ry, gy, by, 1 - rx - ry, 1 - gx - gy, 1 - bx - by];
  return times(columns, diagonal(apply(inverse(columns), xyz(wx, wy))));
}

/** Cone responses by Bradford, as ICC.1 adapts one white to another. */
const BRADFORD: Matrix = [0.8951, 0.2664, -0.1614, -0.7502, 1.7135, 0.0367, 0.0389, -0.0685, 1.0296];

function adapted([fromX, fromY]: readonly [number, number], [toX, toY]: readonly [number, number]): Matrix {
  const [before, after] = [apply(BRADFORD, xyz(fromX, fromY)), apply(BRADFORD, xyz(toX, toY))];
  const gains = diagonal([after[0] / before[0], after[1] / before[1], after[2] / before[2]]);
  return times(inverse(BRADFORD), times(gains, BRADFORD));
}

/** Linear light of one set of primaries to that of another; white stays white. */
export function between(from: Primaries, to: Primaries): Matrix {
  const white = adapted([from[6], from[7]], [to[6], to[7]]);
  return times(inverse(toXyz(to)), times(white, toXyz(from)));
}
