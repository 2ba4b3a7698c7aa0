// Before the first paint, so that a dark page never flashes white. A file of its own, since the content security
// policy admits no inline scripts.
(function () {
  var chosen = 'auto';
  try {
    chosen = localStorage.getItem('rv.colorScheme') || 'auto';
  } catch {
    // Storage may be forbidden.
  }
  var dark = chosen === 'dark' || (chosen === 'auto' && !matchMedia('(prefers-color-scheme: light)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
