import type { Texts } from './languages.js';

const hours = (minutes: number): string => {
  const whole = Math.round(minutes / 60);
  return whole > 1 ? `${whole} Stunden` : 'eine Stunde';
};
const days = (minutes: number): string => {
  const whole = Math.round(minutes / 1_440);
  return whole > 1 ? `${whole} Tage` : 'einen Tag';
};

export const de: Texts = {
  language: 'de',
  mails: {
    reset: ({ instance, username, link, code, minutes }) => ({
      subject: `Passwort zurücksetzen für ${instance}`,
      parts: [
        { text: `Jemand möchte das Passwort des Kontos ${username} auf ${instance} zurücksetzen.` },
        { link, words: 'Neues Passwort wählen' },
        { text: 'Oder gib diesen Code ein, wo die App danach fragt:' },
        { code },
        { text: `Link und Code gelten ${minutes} Minuten lang und nur einmal.` },
        { text: 'Warst du das nicht, dann ignoriere diese Mail: Dein Passwort bleibt, wie es ist.' },
      ],
    }),
    verify: ({ instance, username, link, code, minutes }) => ({
      subject: `Bestätige deine Adresse für ${instance}`,
      parts: [
        {
          text: `Jemand hat für das Konto ${username} auf ${instance} diese Adresse angegeben. Warst du das?`,
        },
        { link, words: 'Adresse bestätigen' },
        { text: 'Oder gib diesen Code ein, wo die App danach fragt:' },
        { code },
        { text: `Link und Code gelten ${hours(minutes)} lang und nur einmal.` },
        { text: 'Warst du das nicht, dann ignoriere diese Mail: Die Adresse wird nicht übernommen.' },
      ],
    }),
    proof: ({ instance, username, code, minutes }) => ({
      subject: `Dein Code für ${instance}`,
      parts: [
        { text: `Dieser Code bestätigt eine Änderung am Konto ${username} auf ${instance}:` },
        { code },
        { text: `Gib ihn innerhalb von ${minutes} Minuten ein, wo die App danach fragt. Gib ihn niemandem.` },
        {
          text: 'Wenn du das nicht warst, ist jemand anders in deinem Konto angemeldet: Ändere dein Passwort.',
        },
      ],
    }),
    address_in_use: ({ instance, username, link }) => ({
      subject: `Deine Adresse wurde auf ${instance} noch einmal angegeben`,
      parts: [
        {
          text: `Jemand hat auf ${instance} diese Adresse für ein anderes Konto angegeben. Sie gehört zu deinem Konto ${username}.`,
        },
        {
          text: `Warst du das, dann melde dich als ${username} an. Hast du das Passwort vergessen, dann wähle ein neues:`,
        },
        { link, words: 'Passwort vergessen?' },
        {
          text: 'Warst du das nicht, dann ignoriere diese Mail: Niemand hat erfahren, dass du ein Konto hast.',
        },
      ],
    }),
    new_device: ({ instance, username, link }) => ({
      subject: `Jemand hat sich bei deinem Konto auf ${instance} angemeldet`,
      parts: [
        {
          text: `Jemand hat sich beim Konto ${username} auf ${instance} angemeldet, mit einem Gerät oder aus einem Netz, das es noch nicht kannte.`,
        },
        { text: 'Warst du das, dann ignoriere diese Mail. Deine App zeigt, wo du angemeldet bist.' },
        { text: 'Warst du das nicht, dann wähle ein neues Passwort: Das meldet alle ab.' },
        { link, words: 'Neues Passwort wählen' },
      ],
    }),
    credentials_changed: ({ instance, username, link }) => ({
      subject: `Deine Anmeldung bei ${instance} wurde geändert`,
      parts: [
        {
          text: `Das Passwort, ein zweiter Faktor oder ein Anbieter des Kontos ${username} auf ${instance} wurde gesetzt, verbraucht oder entfernt. Deine App zeigt unter den Sicherheitsereignissen, was es war.`,
        },
        { text: 'Warst du das, dann ignoriere diese Mail.' },
        { text: 'Warst du das nicht, dann wähle ein neues Passwort: Das meldet alle ab.' },
        { link, words: 'Neues Passwort wählen' },
      ],
    }),
    account_closed: ({ instance, username, link, minutes }) => ({
      subject: `Dein Konto bei ${instance} wurde geschlossen`,
      parts: [
        {
          text: `Das Konto ${username} auf ${instance} wurde geschlossen. Niemand sieht es mehr; gelöscht wird es mit allem, was darin ist, nach ${minutes < 2_160 ? 'einem Tag' : `${Math.round(minutes / 1_440)} Tagen`}.`,
        },
        {
          text: 'Willst du es behalten, dann melde dich vorher an: Damit ist es wieder offen, so wie es war.',
        },
        {
          text: 'Hast nicht du es geschlossen, dann wähle ein neues Passwort, melde dich damit an, und sieh dir in deiner App die Sicherheitsereignisse an.',
        },
        { link, words: 'Neues Passwort wählen' },
      ],
    }),
    factors_removal: ({ instance, username, link, minutes }) => ({
      subject: `Dein zweiter Faktor auf ${instance} wird entfernt`,
      parts: [
        {
          text: `Die Betreiber von ${instance} wurden gebeten, die zweiten Faktoren des Kontos ${username} zu entfernen, weil sie verloren sind. Das geschieht in ${days(minutes)}.`,
        },
        { text: 'Hast du darum gebeten, dann warte so lange, und melde dich mit deinem Passwort an.' },
        {
          text: 'Warst du das nicht, dann behalte sie. Auch eine Anmeldung mit deinem zweiten Faktor behält sie.',
        },
        { link, words: 'Zweiten Faktor behalten' },
      ],
    }),
    reversal: ({ instance, username, link, minutes }) => ({
      subject: `Dein Konto auf ${instance} hat eine andere Adresse`,
      parts: [
        {
          text: `Das Konto ${username} auf ${instance} hat jetzt eine andere Adresse; bisher hatte es diese.`,
        },
        { text: 'Hast du sie geändert, dann ignoriere diese Mail.' },
        {
          text: `Warst du das nicht, dann nimm die Änderung zurück: Das Konto bekommt wieder diese Adresse, alle werden abgemeldet, und du wählst ein neues Passwort. Der Link gilt ${days(minutes)} lang.`,
        },
        { link, words: 'Änderung zurücknehmen' },
      ],
    }),
    approved: ({ instance, username }) => ({
      subject: `Willkommen bei ${instance}`,
      parts: [
        { text: `Dein Konto ${username} auf ${instance} ist freigeschaltet.` },
        { text: 'Melde dich in deiner App mit deinem Passwort an.' },
      ],
    }),
    refused: ({ instance, note }) => ({
      subject: `Deine Anmeldung bei ${instance}`,
      parts: [
        { text: `Deine Anmeldung bei ${instance} wurde abgelehnt. Deine Angaben wurden gelöscht.` },
        ...(note === null ? [] : [{ text: 'Der Grund:' }, { text: note }]),
      ],
    }),
    undecided: ({ instance }) => ({
      subject: `Deine Anmeldung bei ${instance}`,
      parts: [
        {
          text: `Über deine Anmeldung bei ${instance} hat niemand rechtzeitig entschieden. Deine Angaben wurden gelöscht.`,
        },
        { text: 'Du kannst dich noch einmal anmelden.' },
      ],
    }),
    export: ({ instance, username, link, minutes }) => ({
      subject: `Dein Export von ${instance} ist fertig`,
      parts: [
        { text: `Der Export aller Daten des Kontos ${username} auf ${instance} ist fertig.` },
        { link, words: 'Herunterladen' },
        {
          text: `Die Seite fragt nach deinem Passwort. Der Export bleibt noch ${days(minutes)} lang.`,
        },
        {
          text: 'Warst du das nicht, dann ist jemand anderes in deinem Konto angemeldet: Ändere dein Passwort.',
        },
      ],
    }),
  },
  forgot: {
    title: 'Passwort vergessen?',
    explain: 'Wir schicken eine Mail an die Adresse deines Kontos, mit einem Link für ein neues Passwort.',
    login: 'Benutzername oder E-Mail-Adresse',
    send: 'Mail schicken',
    empty: 'Gib deinen Benutzernamen oder deine E-Mail-Adresse ein.',
    sentTitle: 'Sieh in deine Mails',
    sent: 'Wenn es dieses Konto gibt, ist eine Mail unterwegs. Ihr Link gilt 30 Minuten lang.',
    none: 'Kommt nach einigen Minuten keine, sieh im Spam-Ordner nach und versuche es dann noch einmal.',
    again: 'Noch eine Mail anfordern',
  },
  reset: {
    title: 'Neues Passwort wählen',
    explain: 'Du wirst überall abgemeldet.',
    password: 'Neues Passwort',
    length: (characters) => `Mindestens ${characters} Zeichen`,
    save: 'Passwort speichern',
    doneTitle: 'Dein Passwort ist geändert',
    done: 'Du wurdest überall abgemeldet. Melde dich in deiner App mit dem neuen Passwort an.',
    usedTitle: 'Dieser Link gilt nicht mehr',
    used: 'Er wurde benutzt, ist abgelaufen, oder ein neuerer hat ihn ersetzt.',
    weak: 'Dieses Passwort ist zu leicht zu erraten. Wähle ein längeres, oder mehrere Wörter ohne Zusammenhang.',
    factor: 'Code deines zweiten Faktors',
    factorHint: 'Sechs Ziffern aus deiner Authenticator-App, oder einer deiner Wiederherstellungscodes',
    wrongFactor:
      'Dieser Code ist falsch oder wurde schon benutzt. Gib den nächsten ein, und das Passwort noch einmal.',
    long: (characters) => `Ein Passwort darf höchstens ${characters} Zeichen haben.`,
  },
  verify: {
    title: 'Bestätige deine Adresse',
    explain:
      'Dann gehört die Adresse zu deinem Konto: Du kannst dich mit ihr anmelden und bekommst Mails an sie.',
    confirm: 'Adresse bestätigen',
    doneTitle: 'Deine Adresse ist bestätigt',
    done: 'Du kannst zurück in deine App gehen.',
    again: 'Fordere in deiner App noch eine Mail an.',
  },
  reversal: {
    title: 'Änderung der Adresse zurücknehmen?',
    explain:
      'Das Konto bekommt die Adresse zurück, an die wir dir den Link geschickt haben. Alle werden abgemeldet, das Passwort gilt nicht mehr, und wir schicken dir eine Mail, mit der du ein neues wählst.',
    confirm: 'Zurücknehmen',
    doneTitle: 'Die Änderung ist zurückgenommen',
    done: 'Alle wurden abgemeldet. Eine Mail für ein neues Passwort ist unterwegs.',
  },
  factors: {
    title: 'Zweiten Faktor behalten?',
    explain:
      'Er sollte entfernt werden, weil jemand gesagt hat, er sei verloren. Warst du das nicht, dann behalte ihn.',
    confirm: 'Behalten',
    doneTitle: 'Dein zweiter Faktor bleibt',
    done: 'Wer das wollte, kennt vielleicht dein Passwort: Wähle jetzt ein neues.',
  },
  leave: {
    title: 'Konto löschen',
    explain: (days) =>
      `Sobald du das bestätigst, sieht niemand mehr dein Konto. Nach ${days} Tagen wird alles gelöscht: Fotos, Beiträge, Kommentare und Likes. Bis dahin behältst du es, indem du dich anmeldest.`,
    login: 'Benutzername oder E-Mail-Adresse',
    password: 'Passwort',
    leave: 'Mein Konto löschen',
    forgot: 'Passwort vergessen?',
    wrong: 'Ein Konto mit diesem Namen und diesem Passwort gibt es nicht.',
    factorMissing:
      'Dieses Konto hat einen zweiten Faktor. Gib dein Passwort noch einmal ein, und den Code dazu.',
    doneTitle: 'Dein Konto ist geschlossen',
    done: (day) =>
      `Am ${day} wird alles gelöscht. Wenn du es dir anders überlegst, melde dich vorher in deiner App an.`,
  },
  about: {
    about: 'Über uns',
    terms: 'Nutzungsbedingungen',
    privacy: 'Datenschutz',
    rules: 'Regeln',
    contact: 'Kontakt',
  },
  noText: { title: 'Hier ist nichts', text: 'Diese Instanz hat keinen solchen Text.' },
  invite: {
    title: (inviter) => `${inviter} lädt dich ein`,
    explain: 'Öffne deine App, registriere dich bei dieser Adresse, und gib diesen Code ein:',
    until: (day) => `Er gilt bis ${day} (UTC).`,
    notGood: 'Diese Einladung gilt nicht',
    why: 'Sie wurde benutzt, ist abgelaufen oder zurückgezogen, oder ihre Adresse ist nicht vollständig. Bitte um eine neue.',
  },
  export: {
    title: 'Dein Export',
    explain: 'Gib dein Passwort ein, um alles herunterzuladen, was dir gehört.',
    password: 'Passwort',
    open: 'Weiter',
    wrong: 'Das ist nicht das Passwort des Kontos. Du kannst den Export auch in deiner App herunterladen.',
    app: 'Für dein Konto genügt dieser Link nicht: Lade den Export in deiner App herunter.',
    readyTitle: 'Dein Export ist fertig',
    ready: (megabytes) => `Eine Zip-Datei von ${megabytes} MB. Diese Adresse gilt einen Tag lang.`,
    download: 'Herunterladen',
    goneTitle: 'Diesen Export gibt es nicht mehr',
    gone: 'Er wurde nach einer Woche gelöscht, oder dein Passwort oder deine Adresse hat sich seitdem geändert. Fordere in deiner App einen neuen an.',
  },
  exported: {
    title: (username) => `Alles von @${username}`,
    made: (day) => `Erstellt am ${day} (UTC). Bilder öffnen sich in ihrer ursprünglichen Größe.`,
    posts: 'Beiträge',
    unposted: 'Fotos ohne Beitrag',
    comments: 'Kommentare',
    following: 'Gefolgt',
    followers: 'Follower',
    photo: 'Foto',
    archived: 'archiviert',
    rest: 'Likes, gespeicherte Beiträge, Sammlungen und was mit dem Konto geschah stehen in den JSON-Dateien neben dieser Seite.',
    readme: (username, instance) =>
      `Das ist alles von @${username} auf ${instance}.\n\nEntpacke die Zip-Datei und öffne dann index.html in einem Browser; ein Netz ist nicht nötig.\nphotos/ enthält die Originale, wie sie geschickt wurden, mit allem, was die Kamera hineingeschrieben hat, etwa Orte.\nDie JSON-Dateien sind für Programme: docs/export-format.md von Narwhal beschreibt sie.\n`,
  },
  refused: {
    title: 'Das hat nicht geklappt',
    tooMany: 'Aus deinem Netz kamen zu viele Anfragen. Versuche es in einigen Minuten noch einmal.',
    busy: 'Der Server ist ausgelastet. Versuche es gleich noch einmal.',
    elsewhere: 'Dieses Formular kam von einer anderen Seite. Öffne die Seite neu und schicke es von dort.',
    unreadable: 'Das Formular war nicht lesbar. Öffne die Seite neu.',
  },
};
