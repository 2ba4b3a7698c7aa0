import { chooseFiles, expect, test, uploads } from './support/app';
import { notAFilm, notAPicture, nothing } from './support/media';

test('of a picture that cannot be read the page says so, and it can be processed again', async ({ app }) => {
  await chooseFiles(app, notAPicture());
  await uploads(app)
    .getByRole('link', { name: /could not be processed/ })
    .click();
  const preview = app.getByRole('region', { name: 'Preview' });
  await expect(preview.getByText('This file could not be processed')).toBeVisible();
  await expect(preview.getByText(/not a picture that can be read/)).toBeVisible();
  await preview.getByRole('button', { name: 'Process again' }).click();
  await app.getByRole('tab', { name: 'Activity' }).click();
  await expect(app.getByRole('cell', { name: /^Failed Reading the file/ })).toHaveCount(2);
  await expect(preview.getByText(/not a picture that can be read/)).toBeVisible();
});

test('what is a film by its name alone has no player, and the page says what it is', async ({ app }) => {
  await chooseFiles(app, notAFilm(), nothing());
  await expect(uploads(app).getByText(/^Ready/)).toHaveCount(2, { timeout: 60_000 });
  const notice = app.getByRole('region', { name: 'About the processing' });

  await uploads(app).getByRole('link', { name: 'letter.mp4' }).click();
  await expect(notice).toContainText('Its name promises a video, but the file is plain text.');
  await expect(notice.getByRole('button', { name: 'Process again' })).toBeVisible();
  await expect(app.getByRole('region', { name: 'Text of letter.mp4' })).toContainText('Dear Sir or Madam');
  await expect(app.locator('video')).toHaveCount(0);

  await uploads(app).getByRole('link', { name: 'empty.mp4' }).click();
  await expect(notice).toHaveText('The file is empty.');
  await expect(app.locator('video')).toHaveCount(0);
});
