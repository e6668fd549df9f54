import { expect, test } from 'vitest'
import { cloudLinkIn, isBeingChecked } from '../../src/mail/cloud-links.ts'

test.each([
  ['OneDrive', 'The log: https://1drv.ms/u/s!AbCdEf?e=1 Thanks'],
  ['OneDrive', 'https://onedrive.live.com/?authkey=%21A&id=1'],
  ['OneDrive', '<https://contoso-my.sharepoint.com/personal/anna/Documents/a.pdf>'],
  ['SharePoint', 'Report [https://contoso.sharepoint.com/:x:/s/team/EaBc?e=1]'],
  ['Google Drive', 'https://drive.google.com/file/d/1AbC/view?usp=sharing'],
  ['Google Drive', '(https://docs.google.com/spreadsheets/d/1AbC/edit)'],
  ['Dropbox', 'https://www.dropbox.com/scl/fi/abc/a.pdf?dl=0'],
  ['Dropbox', 'db.tt/AbCd1234'],
  ['WeTransfer', 'Here: we.tl/t-AbCdEf'],
  ['WeTransfer', 'https://wetransfer.com/downloads/abc/def'],
  ['iCloud', 'https://www.icloud.com/attachment/?u=https%3A%2F%2Fcvws'],
  ['Box', 'https://app.box.com/s/abc'],
  ['SwissTransfer', 'https://www.swisstransfer.com/d/0a1b-2c'],
  ['Smash', 'https://fromsmash.com/AbC-dt'],
  ['TransferNow', 'https://www.transfernow.net/dl/20261102abc'],
  ['Nextcloud', 'https://cloud.customer.example/index.php/s/AbCdEfGhIjKlMnO'],
  ['OneDrive', 'https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2F1drv.ms%2Fu%2Fs!A&data=05'],
  ['Dropbox', 'https://urldefense.com/v3/__https://www.dropbox.com/s/abc/a.pdf?dl=0__;!!x'],
])('a link to %s is known: %s', (service, text) => {
  expect(cloudLinkIn(text)).toBe(service)
})

test.each([
  'https://evil-dropbox.com.example/s/abc',
  'https://dropbox.com.evil.example/s/abc',
  'https://evildropbox.com/s/abc',
  'https://evil.example/?u=dropbox.com/s/abc',
  'anna@dropbox.com/s/abc',
  'https://www.dropbox.com/login',
  'https://wetransfer.com/pricing',
  'https://docs.google.com/forms/d/e/1AbC/viewform',
  'https://contoso.sharepoint.com/sites/intranet/SitePages/Home.aspx',
  'https://www.customer.example/s/AbCdEfGhIjKlMnO',
  'Our OneDrive does not start',
])('no link to a file: %s', text => {
  expect(cloudLinkIn(text)).toBeUndefined()
})

test('a note of Safe Attachments is known, and a question about it is not', () => {
  expect(isBeingChecked('ATP Scan In Progress')).toBe(true)
  expect(isBeingChecked('What are Safe Attachments?')).toBe(false)
})

test.each(['https://'.repeat(125_000), 'we.tl'.repeat(200_000), 'a.'.repeat(500_000), 'https://a.b/ '.repeat(77_000)])(
  'a megabyte of links is read in linear time',
  text => {
    expect(cloudLinkIn(text)).toBeUndefined()
    expect(isBeingChecked(text)).toBe(false)
  },
)
