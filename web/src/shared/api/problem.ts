/**
 * What the server says when it refuses: RFC 9457 problem details, as one error type that the whole page understands.
 * Everything here is lenient: a proxy in between may answer with HTML, or not at all.
 */

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

  fieldMessage(name: string): string | undefined {
    return this.fields.find((field) => field.pointer.replace(/^[/?{]|}$/g, '') === name)?.detail;
  }
}

const titles: Record<number, string> = {
  400: 'The request was not understood',
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
    title: text(problem.title) ?? titles[status] ?? `The server answered ${status}`,
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
    const fields = error.fields.map((field) => field.detail).join(' ');
    const detail = [error.detail, fields].filter(Boolean).join(' ');
    return { title: error.title, detail: detail || null };
  }
  if (error instanceof TypeError && /fetch|network|load failed/i.test(error.message)) {
    return { title: 'The server cannot be reached', detail: 'Check your connection; the page tries again by itself.' };
  }
  if (error instanceof Error && error.message) return { title: 'Something went wrong', detail: error.message };
  return { title: 'Something went wrong', detail: null };
}
