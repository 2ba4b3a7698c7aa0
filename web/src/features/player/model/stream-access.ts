/** How a player comes to read a stream: as a reader of the asset, or as whoever wraps it says. */
import { createContext } from 'react';
import { grantStream, type StreamGrant } from '../api/streaming';

export type StreamAccess = (assetId: string, relatedAssetId: string) => Promise<StreamGrant>;

export const StreamAccessContext = createContext<StreamAccess>(grantStream);
