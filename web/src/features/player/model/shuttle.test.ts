import { expect, it } from 'vitest';
import { shuttleSpeed } from './shuttle';

it.each([
  [0, 1, 1],
  [1, 1, 2],
  [2, 1, 4],
  [8, 1, 8],
  [4, -1, 2],
  [1, -1, -1],
  [-1, -1, -2],
  [-8, -1, -8],
  [-2, 1, -1],
  [-1, 1, 1],
  [0, -1, -1],
] as const)('from %d with %d comes %d', (current, direction, speed) => {
  expect(shuttleSpeed(current, direction)).toBe(speed);
});
