/** An SMTP sink for one test. */
import { onTestFinished } from 'vitest'
import { type SmtpSink, startSmtpSink } from '../../src/simulator/smtp.ts'

export async function smtpSink(): Promise<SmtpSink> {
  const sink = await startSmtpSink()
  onTestFinished(async () => sink[Symbol.asyncDispose]())
  return sink
}
