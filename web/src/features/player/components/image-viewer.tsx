import { ActionIcon, Loader, Tooltip } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { CircleAlert, Maximize2, ZoomIn, ZoomOut } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState, type PointerEvent } from 'react';
import { mediaUrl } from '@/shared/api/media-url';
import type { AssetDetail } from '@/shared/api/types';
import { usePicture } from '@/shared/assets/use-picture';
import { picturesOf } from '../model/stage';
import { clampPlacement, fitSize, fitted, zoomAt, type Placement } from '../model/zoom';
import classes from './image-viewer.module.css';

/** Originals beyond this are only fetched when somebody looks closer. */
const largeBytes = 12_000_000;

/** A picture, as large as there is room for or closer. What does not load gives way to what else there is of it. */
export function ImageViewer({ detail }: { detail: AssetDetail }) {
  const pictures = picturesOf(detail);
  const original = usePicture(detail.id, pictures.original);
  const preview = usePicture(detail.id, pictures.preview);
  const first = preview.address ? preview : original;
  if (!first.address) {
    if (preview.asking || original.asking) return null;
    return (
      <p className={classes.failure} role="alert">
        <CircleAlert size={18} aria-hidden /> This picture could not be shown.
      </p>
    );
  }
  return (
    <Zoomable
      detail={detail}
      preview={first.address}
      original={original.address ?? null}
      onBroken={(url) => (url === original.address ? original : preview).onError()}
    />
  );
}

interface ZoomableProps {
  detail: AssetDetail;
  preview: string;
  original: string | null;
  onBroken: (url: string) => void;
}

function Zoomable({ detail, preview, original, onBroken }: ZoomableProps) {
  const { ref: sizeRef, width, height } = useElementSize<HTMLDivElement>();
  const frame = useMemo(() => ({ width, height }), [width, height]);
  const [natural, setNatural] = useState({ width: detail.width ?? 0, height: detail.height ?? 0 });
  const [placement, setPlacement] = useState<Placement>(fitted);
  const [loaded, setLoaded] = useState(false);
  const pointers = useRef(new Map<number, { x: number; y: number }>());
  const surface = useRef<HTMLDivElement>(null);

  const picture = fitSize(natural, frame);
  // One pixel of the picture may fill up to four of the screen.
  const most = picture.width > 0 ? Math.max(4, (natural.width / picture.width) * 4) : 8;
  const animated = detail.contentType === 'image/gif' || detail.contentType === 'image/webp';
  const wantsOriginal = original !== null && (animated || detail.size < largeBytes || placement.scale > 1.2);
  const url = wantsOriginal ? original : preview;

  const change = useCallback(
    (next: (placement: Placement) => Placement) =>
      setPlacement((current) => clampPlacement(next(current), fitSize(natural, frame), frame)),
    [natural, frame],
  );
  const zoom = useCallback(
    (factor: number, x = 0, y = 0) => change((current) => zoomAt(current, factor, x, y, most)),
    [change, most],
  );

  // React listens to the wheel passively, and this must keep the page from scrolling.
  useEffect(() => {
    const element = surface.current;
    if (!element) return;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const box = element.getBoundingClientRect();
      const x = event.clientX - box.left - box.width / 2;
      const y = event.clientY - box.top - box.height / 2;
      zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0018)), x, y);
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [zoom]);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || target.closest('input, textarea, [role="menu"], [role="dialog"]')) return;
      if (event.key === '+' || event.key === '=') zoom(1.4);
      else if (event.key === '-') zoom(1 / 1.4);
      else if (event.key === '0') setPlacement(fitted);
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [zoom]);

  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
  };

  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    const before = pointers.current.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const other = [...pointers.current.entries()].find(([id]) => id !== event.pointerId)?.[1];
    pointers.current.set(event.pointerId, now);
    if (!other) return change((at) => ({ ...at, x: at.x + now.x - before.x, y: at.y + now.y - before.y }));
    // Two fingers: what is between them stays between them.
    const box = event.currentTarget.getBoundingClientRect();
    const distance = (p: { x: number; y: number }) => Math.hypot(p.x - other.x, p.y - other.y);
    const middle = {
      x: (now.x + other.x) / 2 - box.left - box.width / 2,
      y: (now.y + other.y) / 2 - box.top - box.height / 2,
    };
    zoom(distance(now) / Math.max(1, distance(before)), middle.x, middle.y);
  };

  const onPointerEnd = (event: PointerEvent<HTMLDivElement>) => pointers.current.delete(event.pointerId);

  const percent = picture.width > 0 ? Math.round(((picture.width * placement.scale) / natural.width) * 100) : 100;
  return (
    <div className={classes.viewer} ref={sizeRef}>
      <div
        ref={surface}
        className={classes.surface}
        data-zoomed={placement.scale > 1}
        role="presentation"
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerEnd}
        onPointerCancel={onPointerEnd}
        onDoubleClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          if (placement.scale > 1) setPlacement(fitted);
          else zoom(2.5, event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2);
        }}
      >
        <img
          className={classes.image}
          src={mediaUrl(url)}
          alt={detail.description || detail.displayName}
          draggable={false}
          style={{
            width: picture.width || undefined,
            height: picture.height || undefined,
            transform: `translate(${placement.x}px, ${placement.y}px) scale(${placement.scale})`,
            imageRendering: percent > 300 ? 'pixelated' : undefined,
          }}
          onError={() => onBroken(url)}
          onLoad={(event) => {
            setLoaded(true);
            const { naturalWidth, naturalHeight } = event.currentTarget;
            // The original has the size that counts; a preview only its proportions.
            if (url === original || natural.width === 0) setNatural({ width: naturalWidth, height: naturalHeight });
          }}
        />
        {!loaded && <Loader className={classes.loader} color="white" size="md" />}
      </div>
      <div className={classes.tools} role="group" aria-label="Zoom">
        <Tool label="Zoom out (−)" onClick={() => zoom(1 / 1.4)}>
          <ZoomOut size={17} />
        </Tool>
        <span className={`${classes.percent} rv-tabular`} aria-live="polite">
          {percent}%
        </span>
        <Tool label="Zoom in (+)" onClick={() => zoom(1.4)}>
          <ZoomIn size={17} />
        </Tool>
        <Tool label="Fit (0)" onClick={() => setPlacement(fitted)}>
          <Maximize2 size={16} />
        </Tool>
      </div>
    </div>
  );
}

function Tool({ label, onClick, children }: { label: string; onClick: () => void; children: React.ReactNode }) {
  return (
    <Tooltip label={label}>
      <ActionIcon className={classes.tool} size={34} aria-label={label} onClick={onClick}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
