import { expect, it } from 'vitest';
import { partsOf } from './highlight';

it('tells what is marked from what is not, and shows what people wrote', () => {
  expect(partsOf('a <mark>low</mark> &amp; <mark>&lt;tide&gt;</mark>')).toEqual([
    { text: 'a ', marked: false },
    { text: 'low', marked: true },
    { text: ' & ', marked: false },
    { text: '<tide>', marked: true },
  ]);
  expect(partsOf('&unknown; <b>')).toEqual([{ text: '&unknown; <b>', marked: false }]);
  expect(partsOf('')).toEqual([]);
});
