/** One plain line from vitest's JSON report: `X passed, Y failed, Z skipped`. Files that could not be loaded count as failed. */
import { readFileSync } from 'node:fs'

const [file = ''] = process.argv.slice(2)
const text = readFileSync(file, 'utf8')
if (text === '') process.stdout.write('0 passed, 1 failed, 0 skipped (no test has run)\n')
else {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(text)
  const unloaded = testResults.filter(one => one.status === 'failed' && one.assertionResults.length === 0).length
  const skipped = numPendingTests + numTodoTests
  process.stdout.write(`${numPassedTests} passed, ${numFailedTests + unloaded} failed, ${skipped} skipped\n`)
}
