import { Menu, Skeleton } from '@mantine/core';
import { ChevronLeft, ChevronRight, Ellipsis } from 'lucide-react';
import { Fragment } from 'react';
import { Link } from 'react-router-dom';
import type { Asset } from '@/shared/api/types';
import { useDropTargets, type MoveTo } from '../hooks/use-dragging';
import { useParents } from '../hooks/use-folder';
import classes from './breadcrumbs.module.css';

interface Props {
  asset: Asset | undefined;
  /** Items of the list may be dropped on the folders of the path. */
  onDrop?: MoveTo;
}

/** Where one is, from the root; in the middle of a long path the folders are in a menu. */
export function Breadcrumbs({ asset, onDrop }: Props) {
  return asset ? <Path asset={asset} onDrop={onDrop} /> : <Skeleton height={18} width={220} />;
}

function Path({ asset, onDrop }: { asset: Asset; onDrop: MoveTo | undefined }) {
  const targets = useDropTargets(onDrop);
  const parents = useParents(asset.id).data ?? [];
  const long = parents.length > 3;
  const hidden = long ? parents.slice(1, -1) : [];
  const shown = long ? [parents[0], parents[parents.length - 1]].filter((parent) => parent !== undefined) : parents;
  return (
    <nav aria-label="Breadcrumbs" className={classes.root} {...targets}>
      <ol className={classes.list}>
        {shown.map((parent, index) => (
          <Fragment key={parent.id}>
            <li className={classes.parent}>
              <Link
                to={`/folder/${parent.id}`}
                className={classes.link}
                data-drop={parent.id}
                title={parent.displayName}
              >
                <ChevronLeft size={20} aria-hidden className={classes.back} />
                <span className={classes.parentName} dir="auto">
                  {parent.displayName}
                </span>
              </Link>
              <ChevronRight size={15} aria-hidden className={classes.arrow} />
            </li>
            {index === 0 && hidden.length > 0 && (
              <li className={classes.parent}>
                <Menu position="bottom-start">
                  <Menu.Target>
                    <button type="button" className={classes.more} aria-label="Folders in between">
                      <Ellipsis size={16} aria-hidden />
                    </button>
                  </Menu.Target>
                  <Menu.Dropdown>
                    {hidden.map((folder) => (
                      <Menu.Item key={folder.id} component={Link} to={`/folder/${folder.id}`}>
                        {folder.displayName}
                      </Menu.Item>
                    ))}
                  </Menu.Dropdown>
                </Menu>
                <ChevronRight size={15} aria-hidden className={classes.arrow} />
              </li>
            )}
          </Fragment>
        ))}
        <li className={classes.current}>
          <h1 className={classes.title} aria-current="page" title={asset.displayName} dir="auto">
            {asset.displayName}
          </h1>
        </li>
      </ol>
    </nav>
  );
}
