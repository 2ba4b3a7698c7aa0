/** J, K and L of an edit desk: each further press in the same direction doubles the speed, the other one slows down. */

const fastest = 8;

/** The speed after a press; negative is backwards, 0 stands still. */
export function shuttleSpeed(current: number, direction: 1 | -1): number {
  if (current * direction > 0) return Math.max(-fastest, Math.min(fastest, current * 2));
  // Against the direction: first slower, then still, then the other way.
  if (Math.abs(current) > 1) return current / 2;
  return direction;
}
