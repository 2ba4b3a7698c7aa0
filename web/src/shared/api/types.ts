/** The server's types under the names that the page uses; the only file that knows how the document calls them. */
import type { components, paths } from './schema';

type Schemas = components['schemas'];

/**
 * A type as the server answers with it: one schema serves requests, where members may be left out, and answers, which
 * always have all of them, null where there is nothing.
 */
export type Answered<T> = T extends (infer Item)[]
  ? Answered<Item>[]
  : T extends Record<string, unknown>
    ? string extends keyof T
      ? T
      : { [Key in keyof T]-?: Answered<Exclude<T[Key], undefined>> }
    : T;

export type AuditOperation = NonNullable<
  NonNullable<paths['/admin/audit']['get']['parameters']['query']>['operation']
>[number];
export type Access = Answered<Schemas['AccessJson']>;
export type ApiKey = Answered<Schemas['ApiKeyJson']>;
export type Asset = Answered<Schemas['AssetJson']>;
export type AssetDetail = Answered<Schemas['DetailJson']>;
export type AssetPage = Answered<Schemas['AssetPage']>;
export type AssetItems = Answered<Schemas['AssetItems']>;
export type AssetGrant = Answered<Schemas['AssetGrantJson']>;
export type AssetVersion = Answered<Schemas['VersionJson']>;
export type Batch = Answered<Schemas['BatchJson']>;
export type BatchSummary = Answered<Schemas['BatchSummary']>;
export type BatchResult = Answered<Schemas['BatchResult']>;
export type Bucket = Answered<Schemas['BucketJson']>;
export type Collection = Answered<Schemas['CollectionJson']>;
export type CollectionPage = Answered<Schemas['CollectionPage']>;
export type Delivery = Answered<Schemas['DeliveryJson']>;
export type Field = Answered<Schemas['FieldJson']>;
export type Grant = Answered<Schemas['GrantJson']>;
export type Group = Answered<Schemas['GroupJson']>;
export type HistoryEntry = Answered<Schemas['HistoryItem']>;
export type Job = Answered<Schemas['JobJson']>;
export type JobHistory = Answered<Schemas['JobHistoryPage']>;
export type JobStatus = 'Queued' | 'Running' | 'Succeeded' | 'Failed' | 'Cancelled';
export type OpenUpload = Answered<Schemas['UploadSummary']>;
export type ProcessingStep = Answered<Schemas['ProcessingStep']>;
export type RelatedAsset = Answered<Schemas['RelatedJson']>;
export type MadeShare = Answered<Schemas['ShareMade']>;
export type Share = Answered<Schemas['ShareJson']>;
export type ShareDoor = Answered<Schemas['ShareDoor']>;
export type SharedAsset = Answered<Schemas['SharedAsset']>;
export type SearchRequest = Schemas['SearchRequest'];
export type SearchPage = Answered<Schemas['SearchPage']>;
export type SearchHit = Answered<Schemas['SearchItem']>;
export type SearchFacets = Record<string, { value?: unknown; count: number }[]>;
export type Suggestion = Answered<Schemas['SearchSuggestion']>;
export type Tag = Answered<Schemas['TagJson']>;
export type TagPage = Answered<Schemas['TagPage']>;
export type Upload = Answered<Schemas['UploadJson']>;
export type UploadPart = Answered<Schemas['PartJson']>;
export type AuditEntry = Answered<Schemas['AuditItem']>;
export type User = Answered<Schemas['UserJson']>;
export type UploadStartRequest = Schemas['StartUpload'];
export type Webhook = Answered<Schemas['WebhookJson']>;
