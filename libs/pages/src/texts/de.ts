import type { Texts } from './languages.js';

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
  leave: {
    title: 'Konto löschen',
    explain: (days) =>
      `Ab sofort sieht niemand mehr dein Konto. Nach ${days} Tagen wird alles gelöscht: Fotos, Beiträge, Kommentare und Likes. Bis dahin behältst du es, indem du dich anmeldest.`,
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
  refused: {
    title: 'Das hat nicht geklappt',
    tooMany: 'Aus deinem Netz kamen zu viele Anfragen. Versuche es in einigen Minuten noch einmal.',
    busy: 'Der Server ist ausgelastet. Versuche es gleich noch einmal.',
    elsewhere: 'Dieses Formular kam von einer anderen Seite. Öffne die Seite neu und schicke es von dort.',
    unreadable: 'Das Formular war nicht lesbar. Öffne die Seite neu.',
  },
};
