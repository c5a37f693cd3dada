import { readFileSync } from 'node:fs'
import { StateError } from '../util/errors.ts'

/** What the build made of `page/`: it lies in dist/ for the sources as well as for the built library. */
const assetPath = (name: string): URL => new URL(`../../dist/report/page/${name}`, import.meta.url)

function readAsset(name: string): string {
  try {
    return readFileSync(assetPath(name), 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new StateError(`report: expected the built page ${name}, got ${code}; npm run build makes it`)
  }
}

const escapeText = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] as string)

/** JSON that cannot end the element that it stands in. */
const embed = (data: unknown): string => JSON.stringify(data).replaceAll('<', '\\u003c')

/**
 * The page as one file: style, script and data inside. It loads nothing; a live page only listens to its own server.
 *
 * @param data - what to show; null for a page that asks the server it came from.
 */
export function pageHtml(title: string, data: object | null): string {
  const connect = data === null ? "; connect-src 'self'" : ''
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:${connect}`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="icon" href="data:,">
<title>${escapeText(title)}</title>
<style>${readAsset('main.css')}</style>
</head>
<body>
<main></main>
<script type="application/json" id="data">${embed(data)}</script>
<script>${readAsset('main.js').replaceAll('</script', '<\\/script')}</script>
</body>
</html>
`
}
