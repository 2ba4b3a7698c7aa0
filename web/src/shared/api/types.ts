/** The server's types under the names that the page uses; the only file that knows how the document calls them. */
import type { components } from './schema';

type Schemas = components['schemas'];

export type Asset = Schemas['AssetJson'];
export type AssetDetail = Schemas['DetailJson'];
export type AssetPage = Schemas['AssetPage'];
export type AssetItems = Schemas['AssetItems'];
export type AssetVersion = Schemas['VersionJson'];
export type Job = Schemas['JobJson'];
export type JobHistory = Schemas['JobItems'];
export type JobStatus = 'Queued' | 'Running' | 'Succeeded' | 'Failed' | 'Cancelled';
export type OpenUpload = Schemas['UploadSummary'];
export type ProcessingStep = Schemas['ProcessingStep'];
export type RelatedAsset = Schemas['RelatedJson'];
export type Upload = Schemas['UploadJson'];
export type UploadPart = Schemas['PartJson'];
export type UploadStartRequest = Schemas['StartUpload'];
export type User = Schemas['UserJson'];
