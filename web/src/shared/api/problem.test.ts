import { describe, expect, it } from 'vitest';
import { describeError, problemFrom, problemFromResponse } from './problem';

describe('problemFrom', () => {
  it('keeps what the server said', () => {
    const error = problemFrom(409, {
      type: '/problems/name-taken',
      title: 'Name taken',
      status: 409,
      detail: 'There is a “film.mov” here already.',
      instance: '0192',
      uploadId: 'u1',
    });
    expect(error.is('name-taken')).toBe(true);
    expect(error.is('name')).toBe(false);
    expect(error.message).toBe('There is a “film.mov” here already.');
    expect(error.requestId).toBe('0192');
    expect(error.body.uploadId).toBe('u1');
  });

  it('finds the message of a field, whichever way it is pointed at', () => {
    const error = problemFrom(400, {
      title: 'Invalid',
      errors: [
        { pointer: '#/displayName', detail: 'must not be empty' },
        { pointer: '?pageSize', detail: 'at most 500' },
        { pointer: '/x' },
      ],
    });
    expect(error.fieldMessage('displayName')).toBe('Must not be empty');
    expect(error.fieldMessage('pageSize')).toBe('At most 500');
    expect(error.fields).toHaveLength(2);
  });

  it('tells an address that cannot be from other faults', () => {
    const errors = [{ pointer: '{id}', detail: 'must be a UUID' }];
    expect(problemFrom(400, { title: 'Bad Request', errors }).isWrongAddress).toBe(true);
    expect(problemFrom(400, { errors: [{ pointer: '/id', detail: 'must be a UUID' }] }).isWrongAddress).toBe(false);
  });

  it('has words for a status without a body', () => {
    expect(problemFrom(507, null).title).toBe('The server’s disk is full');
    expect(problemFrom(418, 'teapot').title).toBe('The server answered 418');
  });

  it('takes HTML from a proxy for what it is', async () => {
    const error = await problemFromResponse(new Response('<h1>Bad Gateway</h1>', { status: 502 }));
    expect(error.title).toBe('The server cannot be reached');
  });
});

describe('describeError', () => {
  it('says of each field what is wrong with it, in sentences', () => {
    const error = problemFrom(400, {
      title: 'Bad Request',
      detail: 'The request has fields that are not valid.',
      errors: [
        { pointer: '/displayName', detail: 'must not be empty' },
        { pointer: '/tags', detail: 'There are too many.' },
      ],
    });
    expect(describeError(error)).toEqual({
      title: 'That is not valid',
      detail: 'Display name must not be empty. There are too many.',
    });
  });

  it('writes times as people do', () => {
    const error = problemFrom(409, {
      title: 'Conflict',
      detail: 'An upload, begun at 2026-11-28T07:09:13.461Z, holds it.',
    });
    expect(describeError(error).detail).toMatch(/^An upload, begun at 28 Nov 2026, \d\d:\d\d, holds it\.$/);
  });

  it('tells a lost connection from a fault', () => {
    expect(describeError(new TypeError('Failed to fetch')).title).toBe('The server cannot be reached');
    expect(describeError(new Error('boom')).detail).toBe('boom');
    expect(describeError('?').title).toBe('Something went wrong');
  });
});
