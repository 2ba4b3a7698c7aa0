import { api, unwrap } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import type { AuditEntry, AuditOperation, Delivery, Field, Webhook } from '@/shared/api/types';

type Schemas = components['schemas'];

interface Page<T> {
  items: T[];
  nextPageToken: string | null;
}

const pageSize = 100;

export async function fetchFields(): Promise<Page<Field>> {
  return { items: (await unwrap(api.GET('/admin/field'))).items, nextPageToken: null };
}

export function createField(body: Schemas['NewField']): Promise<Field> {
  return unwrap(api.POST('/admin/field', { body }));
}

export function changeField(id: string, body: Schemas['FieldPatch']): Promise<Field> {
  return unwrap(api.PATCH('/admin/field/{id}', { params: { path: { id } }, body }));
}

export async function deleteField(id: string): Promise<void> {
  await unwrap(api.DELETE('/admin/field/{id}', { params: { path: { id } } }));
}

export function fetchWebhooks(pageToken?: string): Promise<Page<Webhook>> {
  return unwrap(api.GET('/admin/webhook', { params: { query: { pageSize, pageToken } } }));
}

export function createWebhook(body: Schemas['CreateWebhook']): Promise<Webhook> {
  return unwrap(api.POST('/admin/webhook', { body }));
}

export function changeWebhook(id: string, body: Schemas['PatchWebhook']): Promise<Webhook> {
  return unwrap(api.PATCH('/admin/webhook/{id}', { params: { path: { id } }, body }));
}

export async function deleteWebhook(id: string): Promise<void> {
  await unwrap(api.DELETE('/admin/webhook/{id}', { params: { path: { id } } }));
}

export function testWebhook(id: string) {
  return unwrap(api.POST('/admin/webhook/{id}/test', { params: { path: { id } } }));
}

export function fetchDeliveries(id: string, pageToken?: string): Promise<Page<Delivery>> {
  return unwrap(
    api.GET('/admin/webhook/{id}/delivery', { params: { path: { id }, query: { pageSize: 50, pageToken } } }),
  );
}

export function retryDelivery(id: string, number: number): Promise<Delivery> {
  return unwrap(
    api.POST('/admin/webhook/{id}/delivery/{number}/retry', { params: { path: { id, number: String(number) } } }),
  );
}

export interface AuditFilter {
  userId?: string;
  assetId?: string;
  operation?: AuditOperation[];
  from?: string;
  until?: string;
}

export function fetchAudit(filter: AuditFilter, pageToken?: string): Promise<Page<AuditEntry>> {
  return unwrap(api.GET('/admin/audit', { params: { query: { pageSize, pageToken, ...filter } } }));
}

/** The same, whole, as a file. */
export function auditFileUrl(filter: AuditFilter): string {
  const query = new URLSearchParams({ format: 'csv' });
  for (const [name, value] of Object.entries(filter)) if (value) query.set(name, String(value));
  return `/admin/audit?${query.toString()}`;
}
