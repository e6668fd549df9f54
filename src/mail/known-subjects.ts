/**
 * Subjects that automatic mail is known by, in the languages of mail systems. Data only. Add new
 * words to the list of their language: `…_WORDS`. Each is matched at the beginning of a subject.
 */

/**
 * Words that begin the subject of a bounce, language by language. `BOUNCE_ALONE` needs the colon or
 * the end of the subject behind them; `BOUNCE_SUBJECT` needs a mail system as the sender.
 */
const BOUNCE_WORDS = [
  // en
  'undeliver(?:able|ed)(?: (?:mail|message|e-?mail))?|un-deliverable mail|undelivered mail returned to sender',
  'mail delivery (?:failed|failure|system|subsystem|error|status(?: report)?)|mail (?:system error|failure)',
  'mail could not be delivered|failed mail|failure notice|returned mail|returned to sender',
  'delivery status notifications?|(?:non[- ])?delivery (?:notification|report)|delivery has failed',
  'message (?:delivery (?:failure|has failed|failed)|undeliverable|not delivered)|postmaster notify',
  // fr
  'non[ _]remis|remise impossible|message non (?:remis|d[ée]livr[ée]|distribu[ée])',
  "[ée]chec (?:de (?:la )?|d[’'])(?:remise|distribution|livraison du message|envoi du message)",
  "notification (?:d[’'][ée]tat|de non[- ])(?: de)? ?remise",
  // de
  'unzustellbar(?:e (?:nachricht|e-?mail|mail))?|nicht zustellbar',
  'benachrichti?g?ung zum [üu]bermittlungsstatus|nachricht(?:en)?[üu]bermittlungsfehler',
  'nachricht (?:konnte )?nicht zu(?:ge)?stell(?:t|bar)(?: werden)?|fehler bei der zustellung der nachricht',
  // nl
  'onbestelbaar|niet (?:te bezorgen)|(?:bericht|mail) niet (?:bezorgd|afgeleverd)',
  // es
  'no se (?:puede|pudo|ha podido) entregar|mensaje no entregado|error en la entrega',
  'notificaci[óo]n de(?:l)? estado de (?:la )?entrega',
  // it
  'non recapita(?:bile|to)|impossibile (?:recapitare|consegnare)',
  'mancat[oa] (?:recapito|consegna)|messaggio non (?:recapitato|consegnato)|recapito non riuscito',
  // pt
  'n[ãa]o (?:entregues?|entreg[áa]vel|[ée] poss[íi]vel entregar|foi poss[íi]vel entregar)|imposs[íi]vel entregar',
  'mensagem n[ãa]o entregue|falha na entrega(?: d[aeo] (?:mensagem|e-?mail))?',
  // sv
  'g[åa]r inte att leverera|olevererbar[ta]?|olevererat|kan inte levereras|kunde inte levereras|ej levererat',
  // da, no
  'kan (?:ikke|ikkje) leveres?|kunne ikke leveres|ikke[- ]?lever(?:et|t|bar)|uleverbart?|ulevert|ikke mulig [åa] levere',
  // fi
  'ei voi(?:tu|da)? toimittaa|viesti[äa] ei (?:voi(?:tu|da)? )?toimit(?:taa|ettu)|toimitus ep[äa]onnistui|toimittamat(?:on|ta)',
  // is
  'ekki h[æa]gt a[ðd] afhenda',
  // pl
  'niedostarcz(?:alne|alny|alna|ono|ona|one|ony)|nie mo[żz]na dostarczy[ćc]|nie uda[łl]o si[ęe] dostarczy[ćc]',
  'zwrot (?:poczty|wiadomo[śs]ci|listu|e-?maila?)|zwr[óo]cona (?:poczta|wiadomo[śs][ćc])',
  // cs, sk
  'nedoru[čc]iteln(?:[éeáaýy]|[áa] (?:zpr[áa]va|po[šs]ta))|zpr[áa]vu nelze doru[čc]it|nelze doru[čc]it',
  'nedoru[čc]ite[ľl]n[éeáaýy]|spr[áa]vu nemo[žz]no doru[čc]i[ťt]|nie je mo[žz]n[ée] doru[čc]i[ťt]|ned[áa] sa doru[čc]i[ťt]',
  // hu
  'k[ée]zbes[íi]thetetlen|nem k[ée]zbes[íi]thet[őo]|sikertelen k[ée]zbes[íi]t[ée]s|nem siker[üu]lt k[ée]zbes[íi]teni',
  // ro
  'nelivrabil[ăa]?|nelivrat[ăa]?|imposibil de livrat|nu (?:se poate|s-a putut) livra|livrare e[șşs]uat[ăa]',
  // tr
  'teslim edilemedi|teslim edilemez|teslim edilemiyor|teslim edilemeyen(?: (?:ileti|posta|e-posta))?|iletilemedi|iletilemeyen',
  // el
  'δεν είναι δυνατή η παράδοση|αδύνατη η παράδοση|αδυναμία παράδοσης|μη παραδοτέ[οα]|μη παραδόσιμο|δεν παραδόθηκε|ανεπίδοτο',
  // ru, uk, bg, sr, hr, sl
  'не уда[её]тся доставить|не удалось доставить|недоставлен[оаы]|недоставленное (?:сообщение|письмо)',
  'сообщение не доставлено|ваше сообщение не доставлено|невозможно доставить|ошибка доставки (?:сообщения|письма|почты)',
  'не вдалося доставити|неможливо доставити',
  'не може да (?:се достави|бъде доставен[оа]?)|недоставимо|неуспешна доставка',
  'није могуће испоручити|nije mogu[ćc]e (?:isporu[čc]iti|dostaviti)|neisporu[čc]iv[oa]|neisporu[čc]eno|nedostavljiv[oa]|ni mogo[čc]e dostaviti',
  // et, lv, lt
  'ei saa (?:kohale )?(?:toimetada|edastada)|nevar piegādāt|neįmanoma pristatyti|nepristatyta|nepiegādāts',
  // zh, ja, ko
  '(?:来自.{0,60}的)?(?:系统)?退信(?:通知)?|系統退信|退件(?:通知)?|[无無]法送[达達]|未送[达達]|[无無]法[传傳][递遞]|未[传傳][递遞](?:的[邮郵]件|的主旨)?|[无無]法投[递遞]|投[递遞]失[败敗]|[邮郵]件(?:投[递遞]|发送|傳送|寄送)失[败敗]|送信失败',
  '配信不能|配信不可|未配信|不達|配信(?:できません|されませんでした|できませんでした|エラー|失敗)|送信エラー|メールを配信できませんでした|エラーメール',
  '배달되지 않음|배달(?:할 수 없음|되지 못함|되지 않았습니다|하지 못했습니다| 불가| 실패)|전송(?:할 수 없음| 실패)|반송(?: ?메일|된 ?메일)?',
  // he, ar, vi, th, id
  'לא ניתן למסור|לא נמסר|تعذر (?:ال)?تسليم|غير قابل(?:ة)? للتسليم|لم يتم (?:ال)?تسليم|không (?:thể gửi|gửi được|thể chuyển)|ไม่สามารถส่งได้|tidak dapat (?:dikirim|terkirim)',
].join('|')

/** Words that begin other subjects too: a bounce only when a mail system sent the mail. */
const BOUNCE_WORDS_OF_SYSTEMS = [
  'mail (?:could not be )?(?:delivery|delivered)|mail failed|(?:e-?mail )?delivery (?:status|failure|failed|error)',
  '(?:failed|failure) delivery|e-?mail (?:delivery|bounce|could not)|message delivery',
  'warning: could not send|warning: message delayed|delayed mail|could not send message',
  'zustell(?:fehler|ung (?:nicht|fehlgeschlagen))|nicht zugestellt|zwrot|retour|avis de non|non d[ée]livr[ée]|b[łl][ąa]d dostarczania',
  'niet (?:bezorgd|afgeleverd)|no entreg(?:ado|able)|non consegnat[oa]|nedoru[čc]en[oaáéý]|не доставлен[оаы]?|returned',
].join('|')

/**
 * A tag that gateways put before a subject: `[External]`, `{Spam?}`, `EXT:`. `Re:` is not one:
 * the answer of a person has it.
 */
export const SUBJECT_TAG =
  /^(?:\[[^[\]]{1,60}\]|\{[^{}]{1,60}\}|【[^【】]{1,60}】|\*{1,3}[^*]{1,40}\*{1,3}|(?:external|extern|externe|ext)(?: e-?mail| mail| sender| message)? ?[:：])/iu

/** How the subjects of bounces begin: a report only when a mail system sent it. */
export const BOUNCE_SUBJECT = new RegExp(`^(?:${BOUNCE_WORDS}|${BOUNCE_WORDS_OF_SYSTEMS})`, 'iu')

/** A colon, in any script; a bracket as in `(Failure)`; or the end. Else a sentence goes on. */
const ENDS = '(?=\\s?(?:[:：﹕(（]|/|[.!。！…]?$))'

/** A bounce by its subject alone. */
export const BOUNCE_ALONE = new RegExp(
  `^(?:(?:${BOUNCE_WORDS})${ENDS}|undelivered mail returned to sender|returned mail: see transcript|mail system error - returned)`,
  'iu',
)

/** How the subjects of automatic replies begin. They count beside another sign. */
export const AUTO_REPLY_SUBJECT = new RegExp(
  '^(?:' +
    [
      'auto(?:matic|mated)?[- ]?(?:reply|response)',
      '(?:i am )?(?:currently )?out of (?:the )?office|away from (?:the )?office|on vacation',
      'r[ée]ponse automatique|absent(?:e)? du bureau|absence du bureau|message d.absence',
      'automatische antwort|abwesenheitsnotiz|abwesenheit|automatisch antwoord|afwezig',
      'respuesta autom[áa]tica|fuera de (?:la )?oficina|risposta automatica|fuori sede|fuori ufficio',
      'resposta autom[áa]tica|fora do escrit[óo]rio|autosvar|automatiskt svar|odpowied[źz] automatyczna',
    ].join('|') +
    ')(?![\\p{L}\\p{N}])',
  'iu',
)

/** Words that begin the subject of an automatic reply, language by language. */
const AWAY_WORDS = [
  // en
  'auto(?:matic|mated)?[- ]?(?:reply|response|answer)|(?:vacation|absence|away) (?:reply|response|message|notification)',
  "(?:i(?:['’]m| am) )?(?:currently )?(?:out[- ]of[- ](?:the[- ])?office|away from (?:the|my) office)(?: auto-?reply| reply| message)?",
  'ooo|o\\.o\\.o\\.?|absence|absent|away|on (?:vacation|holidays?|leave|annual leave)',
  // fr
  "r[ée]ponse automatique|absent(?:\\(?e\\)?)?(?: du bureau)?|absence(?: du bureau)?|(?:message|avis|notification) d['’ ]absence|en cong[ée]s?|hors du bureau",
  // de
  'automatische (?:antwort|r[üu]ckantwort|abwesenheitsnotiz)|autom\\. antwort|abwesenheit(?:s(?:notiz|meldung|nachricht|hinweis|info|mitteilung|benachrichtigung|assistent|agent))?',
  'abwesend|nicht im (?:b[üu]ro|haus)|au(?:ß|ss)er haus|im urlaub|urlaubsbenachrichtigung',
  // nl
  'automatisch(?:e)? (?:antwoord|beantwoording)|afwezig(?:heid(?:s(?:bericht|melding|assistent))?)?|niet (?:aanwezig|op kantoor)|buiten kantoor',
  // es
  'respuesta autom[áa]tica|fuera de (?:la )?oficina|ausente(?: de la oficina)?|ausencia|de vacaciones|aviso de ausencia',
  // it
  "risposta automatica|(?:sono )?fuori (?:sede|ufficio)|assente|assenza|messaggio d['’ ]assenza|in ferie",
  // pt
  'resposta autom[áa]tica|fora do escrit[óo]rio|ausente|aus[êe]ncia(?: tempor[áa]ria)?|de f[ée]rias|em f[ée]rias',
  // sv, da, no
  'automatiska?t? svar|autosvar|fr[åa]nvaro(?:meddelande)?|fr[åa]nvarande|ej p[åa] kontoret|inte p[åa] kontoret|semester',
  'frav[æa]r(?:smelding|sbesked|ende)?|ikke (?:til stede|p[åa] kontoret)|borte fra kontoret|p[åa] ferie',
  // fi, is
  'automaattinen vastaus|poissa(?: toimistosta)?|poissaolo(?:ilmoitus|viesti)?|lomalla|sj[áa]lfvirkt svar',
  // pl, cs, sk
  'odpowied[źz] automatyczna|automatyczna odpowied[źz]|nieobecn(?:o[śs][ćc]|y|a)(?: w biurze)?|poza biurem|autoodpowied[źz]|na urlopie',
  'automatick[áa] odpov[ěe][ďd]|automatick[áa] odpove[ďd]|nep[řr][íi]tomnos[ťt]|nep[řr][íi]tomen|nep[řr][íi]tomn[áý]|mimo kancel[áa][řr]',
  // hu, ro
  'automatikus (?:v[áa]lasz|válaszüzenet)|t[áa]voll[ée]t|h[áa]zon k[íi]v[üu]l|r[ăa]spuns automat|absen[țţt][ăa]|[îi]n afara biroului',
  // tr
  'otomatik (?:yan[ıi]t|cevap)|ofis d[ıi][şs][ıi]nda|b[üu]ro d[ıi][şs][ıi]nda|izinde(?:yim)?',
  // el
  'αυτόματη απάντηση|εκτός γραφείου|απουσία',
  // ru, uk, bg, sr, hr, sl
  'автоматический ответ|автоответ(?:чик)?|вне офиса|отсутствие|отсутствую|в отпуске|нет на месте',
  'автоматична відповідь|автовідповідь|відсутність|автоматичен отговор|извън офиса|отсъствие',
  'аутоматски одговор|automatski odgovor|odsutnost|odsutan|samodejni odgovor|odsotnost|odsoten',
  // et, lv, lt
  'automaatvastus|automaatne vastus|automātisk[āa] atbilde|automatinis atsakymas',
  // zh, ja, ko
  '自[动動][答回][复覆復]|外出[中]?|不在[办辦]公室|休假|(?:メール)?自動(?:応答|返信)(?:メール)?|不在(?:通知|のお知らせ|届)?|休暇(?:中|のお知らせ)?|자동 ?(?:회신|응답|답장)|부재 ?중(?:입니다)?|휴가 ?중',
  // he, ar, vi, th, id
  'תשובה אוטומטית|מענה אוטומטי|מחוץ למשרד|رد تلقائي|الرد التلقائي|خارج المكتب|trả lời tự động|(?:การ)?ตอบกลับอัตโนมัติ|balasan otomatis|di luar kantor',
].join('|')

/** `until 9 November`, `bis 9.11.` at the end of the subject: the day of the writer's return. */
const UNTIL =
  "(?: (?:until|till|til|bis|jusqu['’]?(?:au|à|en)|hasta|fino a[l]?|tot(?: en met)?|t/m|até|ate|till|til|do|до)(?: [\\p{L}.,]{1,12}){0,2} \\d[^:?]{0,25}$)"

/** Notes and its heirs: `AUTO: Muster, Anna is out of the office (returning 05/03/2026)`. */
const AWAY_OF_NOTES =
  '^auto ?[:：](?=.{0,200}(?:out of (?:the )?office|away from|absent|abwesend|nicht im (?:b[üu]ro|haus)|au(?:ß|ss)er haus|fuori (?:sede|ufficio)|assente|ausente|fuera de|fora do|afwezig|niet aanwezig|not available|on vacation|\\((?:returning|r[üu]ckkehr|zur[üu]ck|retour|regres|rientr|terug)))'

/** An automatic reply by its subject alone. The sentence of a person goes on behind such words. */
export const AUTO_REPLY_ALONE = new RegExp(
  `^(?:${AWAY_WORDS})(?:(?=\\s?(?:[:：﹕]|[.!。！…]{0,3}$))|${UNTIL})|${AWAY_OF_NOTES}`,
  'iu',
)

const GENERATED_WORDS = [
  '(?:this is an? )?auto(?:matic(?:ally)?|mated)?[- ]?(?:generated|notification|message|e-?mail|mail|alert|report)(?: (?:message|e-?mail|mail|report|alert))?',
  '(?:automatisch (?:generiert|erstellt|erzeugt)|automatische (?:nachricht|meldung|e-?mail))(?:e (?:nachricht|e-?mail|mail))?',
  '(?:g[ée]n[ée]r[ée]|envoy[ée])e? automatiquement|(?:message|e-?mail|courriel|notification) automatique',
  'generado autom[áa]ticamente|mensaje autom[áa]tico|generato automaticamente|messaggio automatico',
  'gerado automaticamente|mensagem autom[áa]tica|automatisch (?:gegenereerd|aangemaakt)|automatisch bericht',
  'automatiskt genererat|wygenerowano automatycznie|wiadomo[śs][ćc] automatyczna|автоматическое сообщение|系统自动发送|自動送信',
].join('|')

/**
 * The subject says that a program wrote the mail: `[AUTO GENERATED] Nightly report`. The brackets
 * are needed: a person writes of such things without them.
 */
export const GENERATED_SUBJECT = new RegExp(
  `^[[*]{1,3}\\s?(?:${GENERATED_WORDS})\\s?[\\]*]{1,3}|\\s[[*]{1,3}\\s?(?:${GENERATED_WORDS})\\s?[\\]*]{1,3}$`,
  'iu',
)
