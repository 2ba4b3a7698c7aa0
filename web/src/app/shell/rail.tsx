import { ScrollArea, Skeleton } from '@mantine/core';
import { Library, Settings, Tags, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link, NavLink, useLocation, useMatch, useNavigate } from 'react-router-dom';
import { UserMenu } from '@/features/account/components/user-menu';
import { useBatch } from '@/features/library/hooks/use-batch';
import { useDropTargets } from '@/features/library/hooks/use-dragging';
import { useFolder, useRootOf, useRoots } from '@/features/library/hooks/use-folder';
import { SearchBox } from '@/features/search/components/search-box';
import { criteriaFrom } from '@/features/search/model/criteria';
import type { User } from '@/shared/api/types';
import { isFolder } from '@/shared/assets/status';
import { Logo } from '@/shared/ui/logo';
import { MediaIcon } from '@/shared/ui/media-icon';
import classes from './rail.module.css';

interface Props {
  user: User;
  /** What goes on in the background, above the foot. */
  work?: ReactNode;
}

/** The left side: where one can go, and who one is. */
export function Rail({ user, work }: Props) {
  const roots = useRoots();
  const folder = useMatch('/folder/:id');
  const asset = useMatch('/asset/:id');
  const current = useRootOf((folder ?? asset)?.params.id);
  const here = useFolder(folder?.params.id ?? '', folder !== null);
  const navigate = useNavigate();
  const { pathname, search: address } = useLocation();
  const searching = pathname === '/search';
  const batch = useBatch();
  const targets = useDropTargets((parentId, assets) =>
    batch.mutate({ action: 'Move', assets, arguments: { parentId } }),
  );
  return (
    <div className={classes.rail}>
      <Link to="/" className={classes.brand}>
        <Logo size={28} />
        Reelvault
      </Link>
      <SearchBox
        className={classes.search}
        hotkey
        current={searching ? criteriaFrom(new URLSearchParams(address)).query : ''}
        page={pathname}
        folder={here.data && isFolder(here.data) ? here.data : undefined}
        onSearch={({ query, tag, folderId }) => {
          const search = new URLSearchParams();
          if (query) search.set('q', query);
          if (tag) search.set('tag', tag);
          if (folderId) search.set('in', folderId);
          void navigate(`/search?${search.toString()}`);
        }}
      />
      <ScrollArea className={classes.places} scrollbarSize={6}>
        <nav aria-label="Library" {...targets}>
          {roots.data?.items.length !== 0 && <div className={classes.label}>Library</div>}
          {roots.isPending && <Skeleton height={16} my={10} mx={10} width="60%" />}
          {roots.data?.items.map((root) => (
            <Link
              key={root.id}
              to={`/folder/${root.id}`}
              className={classes.place}
              data-drop={root.id}
              aria-current={root.id === current ? 'page' : undefined}
            >
              <MediaIcon asset={root} size={17} />
              <span className={classes.placeName}>{root.displayName}</span>
            </Link>
          ))}
        </nav>
        <nav aria-label="More places" className={classes.more}>
          <NavLink to="/collections" className={classes.place}>
            <Library size={17} strokeWidth={1.75} aria-hidden />
            <span className={classes.placeName}>Collections</span>
          </NavLink>
          <NavLink to="/tags" className={classes.place}>
            <Tags size={17} strokeWidth={1.75} aria-hidden />
            <span className={classes.placeName}>Tags</span>
          </NavLink>
          {user.role !== 'viewer' && (
            <NavLink to="/bin" className={classes.place}>
              <Trash2 size={17} strokeWidth={1.75} aria-hidden />
              <span className={classes.placeName}>Bin</span>
            </NavLink>
          )}
          {user.role === 'admin' && (
            <NavLink to="/admin" className={classes.place}>
              <Settings size={17} strokeWidth={1.75} aria-hidden />
              <span className={classes.placeName}>Administration</span>
            </NavLink>
          )}
        </nav>
      </ScrollArea>
      {work}
      <div className={classes.foot}>
        <UserMenu user={user} />
      </div>
    </div>
  );
}
