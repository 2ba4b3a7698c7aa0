import { Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { AssetDetail } from '@/shared/api/types';
import { troubleOf } from '@/shared/assets/trouble';
import classes from './trouble-notice.module.css';

interface Props {
  detail: AssetDetail;
  /** What one can do about it. */
  remedy?: ReactNode;
}

/** One line above the file where the server has something to say of it; nothing where all is well. */
export function TroubleNotice({ detail, remedy }: Props) {
  const trouble = troubleOf(detail);
  if (!trouble) return null;
  const Sign = trouble.title ? TriangleAlert : Info;
  return (
    <section className={classes.notice} data-plain={!trouble.title} aria-label="About the processing">
      <Sign size={17} aria-hidden className={classes.sign} />
      <p className={classes.words}>
        {trouble.title && <strong>{trouble.title}</strong>} {trouble.words}
      </p>
      {trouble.again && remedy}
    </section>
  );
}
