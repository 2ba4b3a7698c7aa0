/** The server's types under the names that the page uses; the only file that knows how the document calls them. */
import type { components } from './schema';

type Schemas = components['schemas'];

export type Asset = Schemas['Asset'];
export type AssetDetail = Schemas['AssetDetail'];
export type AssetPage = Schemas['AssetPage'];
export type AssetVersion = Schemas['AssetVersion'];
export type Job = Schemas['Job'];
export type JobHistory = Schemas['JobHistory'];
export type JobStatus = Schemas['Job']['status'];
export type OpenUpload = Schemas['OpenUpload'];
export type ProcessingStep = Schemas['ProcessingStep'];
export type RelatedAsset = Schemas['RelatedAsset'];
export type Upload = Schemas['Upload'];
export type UploadPart = Schemas['UploadPart'];
export type UploadStartRequest = Schemas['UploadStartRequest'];
export type User = Schemas['User'];
