import { createBrowserRouter } from 'react-router-dom';
import { HomePage } from './pages/home-page';
import { NotFoundPage } from './pages/not-found-page';
import { PageError } from './pages/page-error';
import { SignInPage } from './pages/sign-in-page';
import { Bare } from './shell/bare';
import { SignedIn } from './shell/signed-in';

// The folder and asset pages come when they are wanted: the player alone is heavier than the rest of the page.
export const router = createBrowserRouter(
  [
    {
      element: <Bare />,
      errorElement: <PageError />,
      children: [
        { path: '/sign-in', element: <SignInPage />, errorElement: <PageError /> },
        {
          path: '/share/:token',
          errorElement: <PageError />,
          lazy: async () => ({ Component: (await import('./pages/share-page')).SharePage }),
        },
      ],
    },
    {
      element: <SignedIn />,
      errorElement: <PageError />,
      children: [
        { index: true, element: <HomePage /> },
        {
          path: 'folder/:folderId',
          errorElement: <PageError />,
          lazy: async () => ({ Component: (await import('./pages/folder-page')).FolderPage }),
        },
        {
          path: 'asset/:assetId',
          errorElement: <PageError />,
          lazy: async () => ({ Component: (await import('./pages/asset-page')).AssetPage }),
        },
        {
          path: 'search',
          errorElement: <PageError />,
          lazy: async () => ({ Component: (await import('./pages/search-page')).SearchPage }),
        },
        {
          path: 'collections',
          errorElement: <PageError />,
          lazy: async () => ({ Component: (await import('./pages/collections-page')).CollectionsPage }),
        },
        {
          path: 'collection/:collectionId',
          errorElement: <PageError />,
          lazy: async () => ({ Component: (await import('./pages/collection-page')).CollectionPage }),
        },
        {
          path: 'tags',
          errorElement: <PageError />,
          lazy: async () => ({ Component: (await import('./pages/tags-page')).TagsPage }),
        },
        {
          path: 'bin',
          errorElement: <PageError />,
          lazy: async () => ({ Component: (await import('./pages/bin-page')).BinPage }),
        },
        {
          path: 'admin/:section?',
          errorElement: <PageError />,
          lazy: async () => ({ Component: (await import('./pages/admin-page')).AdminPage }),
        },
        {
          path: 'api-keys',
          errorElement: <PageError />,
          lazy: async () => ({ Component: (await import('./pages/admin-page')).KeysPage }),
        },
        { path: '*', element: <NotFoundPage /> },
      ],
    },
  ],
  { basename: '/app' },
);
