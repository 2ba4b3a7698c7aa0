import { api, unwrap } from '@/shared/api/client';
import type { ApiKey, Bucket, Grant, Group, User } from '@/shared/api/types';
import type { components } from '@/shared/api/schema';

type Schemas = components['schemas'];

const pageSize = 100;

interface Page<T> {
  items: T[];
  nextPageToken: string | null;
}

export function fetchUsers(pageToken?: string, search?: string): Promise<Page<User>> {
  return unwrap(api.GET('/admin/user', { params: { query: { pageSize, pageToken, search: search || undefined } } }));
}

export function createUser(body: Schemas['CreateUser']): Promise<User> {
  return unwrap(api.POST('/admin/user', { body }));
}

export function changeUser(id: string, body: Schemas['PatchUser']): Promise<User> {
  return unwrap(api.PATCH('/admin/user/{id}', { params: { path: { id } }, body }));
}

export async function deleteUser(id: string): Promise<void> {
  await unwrap(api.DELETE('/admin/user/{id}', { params: { path: { id } } }));
}

export function fetchGroups(pageToken?: string, search?: string): Promise<Page<Group>> {
  return unwrap(api.GET('/admin/group', { params: { query: { pageSize, pageToken, search: search || undefined } } }));
}

export function createGroup(body: Schemas['CreateGroup']): Promise<Group> {
  return unwrap(api.POST('/admin/group', { body }));
}

export function changeGroup(id: string, body: Schemas['PatchGroup']): Promise<Group> {
  return unwrap(api.PATCH('/admin/group/{id}', { params: { path: { id } }, body }));
}

export async function deleteGroup(id: string): Promise<void> {
  await unwrap(api.DELETE('/admin/group/{id}', { params: { path: { id } } }));
}

export function fetchMembers(id: string, pageToken?: string): Promise<Page<User>> {
  return unwrap(api.GET('/admin/group/{id}/member', { params: { path: { id }, query: { pageSize, pageToken } } }));
}

export function addMember(id: string, userId: string): Promise<Group> {
  return unwrap(api.POST('/admin/group/{id}/member', { params: { path: { id } }, body: { userId } }));
}

export async function removeMember(id: string, userId: string): Promise<void> {
  await unwrap(api.DELETE('/admin/group/{id}/member/{userId}', { params: { path: { id, userId } } }));
}

export function fetchKeys(pageToken?: string): Promise<Page<ApiKey>> {
  return unwrap(api.GET('/admin/api-key', { params: { query: { pageSize, pageToken } } }));
}

export function createKey(body: Schemas['CreateApiKey']): Promise<ApiKey> {
  return unwrap(api.POST('/admin/api-key', { body }));
}

export async function deleteKey(id: string): Promise<void> {
  await unwrap(api.DELETE('/admin/api-key/{id}', { params: { path: { id } } }));
}

export function fetchGrants(pageToken?: string): Promise<Page<Grant>> {
  return unwrap(api.GET('/admin/grant', { params: { query: { pageSize, pageToken } } }));
}

export async function deleteGrant(id: string): Promise<void> {
  await unwrap(api.DELETE('/admin/grant/{id}', { params: { path: { id } } }));
}

export async function fetchBuckets(): Promise<Page<Bucket>> {
  const all = await unwrap(api.GET('/admin/bucket'));
  const items: Bucket[] = await Promise.all(
    all.items.map(({ id }) => unwrap(api.GET('/admin/bucket/{id}', { params: { path: { id } } }))),
  );
  return { items, nextPageToken: null };
}

export function createBucket(body: Schemas['NewBucket']): Promise<unknown> {
  return unwrap(api.POST('/admin/bucket', { body }));
}

export function changeBucket(id: string, body: Schemas['BucketPatch']): Promise<unknown> {
  return unwrap(api.PATCH('/admin/bucket/{id}', { params: { path: { id } }, body }));
}
