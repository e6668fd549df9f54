/** Ce que disent les résumés et les alarmes, en français. */
import type { SummaryWords } from './en.ts'

export const fr: SummaryWords = {
  nothingToDo: seen => `tout va bien, ${mails(seen)} depuis le dernier résumé`,
  areHeld: count => `${mails(count)} ${count < 2 ? 'retenu' : 'retenus'}`,
  areSuspended: count => `${count} ${count < 2 ? 'site suspendu' : 'sites suspendus'}`,
  period: (from, to) => `Du ${from} au ${to}.`,
  came: 'Courriels arrivés, et ce qu’ils sont devenus',
  figures: ({ seen, delivered, bounced, discarded, held, waiting }) =>
    `${seen} vus : ${delivered} livrés, ${bounced} renvoyés, ${discarded} écartés, ${held} retenus, ${waiting} en attente`,
  held: 'Retenus : une personne doit regarder',
  nothingHeld: 'Rien n’est retenu.',
  heldRemedy:
    'À faire : regardez chacun sur la page d’état, ou par « mailclip show ID ». Puis « mailclip retry ID » (avec --ticket pour un autre ticket), « mailclip release ID » ou « mailclip discard ID ».',
  more: count => `et ${count} de plus : mailclip list --state held`,
  waiting: 'En attente : repris sans que vous ayez à intervenir',
  nothingWaits: 'Rien n’attend.',
  waits: count => `${mails(count)} ; le plus ancien :`,
  suspended: 'Suspendus : laissés en paix un moment, et le courrier avec eux',
  nothingSuspended: 'Aucun site n’est suspendu.',
  suspendedRemedy:
    'À faire : « mailclip check » essaie chaque connexion, donne le remède de chaque échec et met fin à la suspension de ce qui répond de nouveau. Aucun courriel ne se perd entre-temps.',
  notTriedYet: 'pas encore essayé',
  mail: (id, ticket, since, why) =>
    `courriel ${id}${ticket === undefined ? '' : `, ticket ${ticket}`}, depuis le ${since} : ${why}`,
  site: (site, since, until, why) => `${site}, depuis le ${since}, nouvel essai le ${until} : ${why}`,
  end: 'mailclip envoie ceci de lui-même (summary dans sa configuration). Un jour sans ce courriel est signe que mailclip, ou son relais, ne fonctionne pas.',
  endOfAlarm: 'mailclip envoie ceci de lui-même, une fois par cause (summary.alarmAfter dans sa configuration).',
}

const mails = (count: number): string => `${count} ${count < 2 ? 'courriel' : 'courriels'}`
