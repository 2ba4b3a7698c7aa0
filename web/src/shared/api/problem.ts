/**
 * What the server says when it refuses: RFC 9457 problem details, as one error type that the whole page understands.
 * Everything here is lenient: a proxy in between may answer with HTML, or not at all.
 */

import { formatDateTime } from '../format/format';

export interface FieldProblem {
  /** JSON Pointer into the request body, `/displayName`; `?name` for a query parameter, `{name}` for one in the path. */
  pointer: string;
  detail: string;
}

export class ApiError extends Error {
  readonly status: number;
  readonly type: string;
  readonly title: string;
  readonly detail: string | null;
  readonly requestId: string | null;
  readonly fields: FieldProblem[];
  /** The whole problem document, for members that only one kind of problem has. */
  readonly body: Record<string, unknown>;

  constructor(init: {
    status: number;
    type?: string;
    title: string;
    detail?: string | null;
    requestId?: string | null;
    fields?: FieldProblem[];
    body?: Record<string, unknown>;
  }) {
    super(init.detail || init.title);
    this.name = 'ApiError';
    this.status = init.status;
    this.type = init.type ?? 'about:blank';
    this.title = init.title;
    this.detail = init.detail ?? null;
    this.requestId = init.requestId ?? null;
    this.fields = init.fields ?? [];
    this.body = init.body ?? {};
  }

  /** Whether the problem's type is this slug, however the type URI is spelled around it. */
  is(slug: string): boolean {
    return this.type === slug || this.type.split(/[/#:]/).pop() === slug;
  }

  /** A sentence to stand below the field. */
  fieldMessage(name: string): string | undefined {
    const detail = this.fields.find((field) => nameOf(field) === name)?.detail;
    return detail && capitalised(detail);
  }

  /** What is wrong with fields other than these. */
  otherFields(names: ReadonlySet<string>): FieldProblem[] {
    return this.fields.filter((field) => !names.has(nameOf(field)));
  }

  /** What the address names is no id at all, and so nothing that there is. */
  get isWrongAddress(): boolean {
    return this.status === 400 && this.fields.some((field) => field.pointer.startsWith('{'));
  }
}

function nameOf({ pointer }: FieldProblem): string {
  return pointer.replace(/^[/?{]|}$/g, '');
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `Display name must not be empty.` */
function sentenceOf(field: FieldProblem): string {
  const words = nameOf(field)
    .replace(/[/_]/g, ' ')
    .replace(/([a-z])([A-Z])/g, (_, end: string, begin: string) => `${end} ${begin.toLowerCase()}`);
  const detail = words && /^[a-z]/.test(field.detail) ? `${words} ${field.detail}` : field.detail;
  return capitalised(/[.!?]$/.test(detail) ? detail : `${detail}.`);
}

/** Times in the server's sentences, as people write them. */
function withTimes(sentence: string): string {
  return sentence.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (time) => formatDateTime(time));
}

/** In place of the protocol's own phrases, which are what the server has for a title. */
const titles: Record<number, string> = {
  400: 'That is not valid',
  401: 'You are signed out',
  403: 'You may not do that',
  404: 'Not found',
  409: 'That conflicts with what is there',
  412: 'Somebody else changed this in the meantime',
  413: 'That is too large',
  429: 'Too many attempts',
  500: 'Something went wrong on the server',
  502: 'The server cannot be reached',
  503: 'The server is busy',
  504: 'The server did not answer in time',
  507: 'The server’s disk is full',
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

function parseFields(value: unknown): FieldProblem[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).flatMap((entry) => {
    const detail = text(entry.detail) ?? text(entry.message) ?? text(entry.title);
    const pointer = text(entry.pointer) ?? text(entry.field) ?? text(entry.parameter) ?? text(entry.name) ?? '';
    return detail ? [{ pointer: pointer.replace(/^#/, ''), detail }] : [];
  });
}

export function problemFrom(status: number, body: unknown, requestId?: string | null): ApiError {
  const problem = isRecord(body) ? body : {};
  return new ApiError({
    status,
    type: text(problem.type) ?? undefined,
    title: titles[status] ?? text(problem.title) ?? `The server answered ${status}`,
    detail: text(problem.detail),
    requestId: text(problem.instance) ?? requestId ?? null,
    fields: parseFields(problem.errors),
    body: problem,
  });
}

export async function problemFromResponse(response: Response): Promise<ApiError> {
  let body: unknown = null;
  try {
    body = JSON.parse(await response.text());
  } catch {
    // Not JSON: the status alone has to do.
  }
  return problemFrom(response.status, body, response.headers.get('X-Request-Id'));
}

/** Two lines for a person: what happened, and why or what to do. */
export function describeError(error: unknown): { title: string; detail: string | null } {
  if (error instanceof ApiError) {
    // The fields say more than that there are faults.
    const detail = error.fields.length > 0 ? error.fields.map(sentenceOf).join(' ') : error.detail;
    return { title: error.title, detail: detail && withTimes(detail) };
  }
  if (error instanceof TypeError && /fetch|network|load failed/i.test(error.message)) {
    return { title: 'The server cannot be reached', detail: 'Check your connection; the page tries again by itself.' };
  }
  if (error instanceof Error && error.message) return { title: 'Something went wrong', detail: error.message };
  return { title: 'Something went wrong', detail: null };
}
