/**
 * The one way to the server. Types come from the OpenAPI document (`npm run api`); every failure is an `ApiError` or,
 * without a connection, a `TypeError`. Unsafe requests carry the CSRF token; a 401 renews the session and is tried
 * once more.
 */
import createClient from 'openapi-fetch';
import { problemFrom } from './problem';
import type { paths } from './schema';
import { csrfToken, renewSession } from './session';
import type { Answered } from './types';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);
const withoutSession = ['/account/login', '/account/refresh-token'];

function withCsrf(request: Request): Request {
  const token = safeMethods.has(request.method) ? null : csrfToken();
  if (token) request.headers.set('X-CSRF-Token', token);
  return request;
}

export async function sessionFetch(input: Request): Promise<Response> {
  const startedAt = Date.now();
  const again = input.clone();
  const response = await fetch(withCsrf(input));
  const path = new URL(input.url).pathname;
  if (response.status !== 401 || withoutSession.some((route) => path.endsWith(route))) return response;
  return (await renewSession(startedAt)) ? fetch(withCsrf(again)) : response;
}

export const api = createClient<paths>({
  baseUrl: window.location.origin,
  credentials: 'same-origin',
  fetch: sessionFetch,
});

interface FetchResult<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a successful answer; anything else is thrown as an `ApiError`. */
export async function unwrap<T>(answer: Promise<FetchResult<T>>): Promise<Answered<T>> {
  const { data, error, response } = await answer;
  if (!response.ok) throw problemFrom(response.status, error, response.headers.get('X-Request-Id'));
  return data as Answered<T>;
}
