/** Where a picture lies in its frame: scale 1 fits it, x and y move its middle, in pixels of the page. */

export interface Placement {
  scale: number;
  x: number;
  y: number;
}

export const fitted: Placement = { scale: 1, x: 0, y: 0 };

/** Zooms so that the point under the pointer (measured from the frame's middle) stays where it is. */
export function zoomAt(placement: Placement, factor: number, px: number, py: number, most: number): Placement {
  const scale = Math.max(1, Math.min(most, placement.scale * factor));
  if (scale === 1) return fitted;
  const ratio = scale / placement.scale;
  return { scale, x: px - (px - placement.x) * ratio, y: py - (py - placement.y) * ratio };
}

/** Keeps the picture over its frame: it cannot be pushed out of sight. */
export function clampPlacement(
  placement: Placement,
  picture: { width: number; height: number },
  frame: { width: number; height: number },
): Placement {
  const room = (size: number, within: number) => Math.max(0, (size * placement.scale - within) / 2);
  const [maxX, maxY] = [room(picture.width, frame.width), room(picture.height, frame.height)];
  return {
    scale: placement.scale,
    x: Math.max(-maxX, Math.min(maxX, placement.x)),
    y: Math.max(-maxY, Math.min(maxY, placement.y)),
  };
}

/** The size at which a picture fits its frame without being enlarged. */
export function fitSize(natural: { width: number; height: number }, frame: { width: number; height: number }) {
  if (natural.width === 0 || natural.height === 0) return { width: 0, height: 0 };
  const scale = Math.min(1, frame.width / natural.width, frame.height / natural.height);
  return { width: natural.width * scale, height: natural.height * scale };
}
