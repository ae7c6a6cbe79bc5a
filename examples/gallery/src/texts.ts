import { createContext, use } from "react";

const english = {
  tagline: "Things to do, places to stay, and pictures to dream over",
  language: "Language",
  book: "See the activity",
  stay: "A place to stay",
  photos: "From our photographers",
  filter: "Filter by tag",
  all: "All photos",
  loading: "Loading…",
  more: "More photos",
  shown: (count: number) => `${count} photos shown`,
  end: (count: number) => `That was all: ${count} photos.`,
  none: "No photo carries all of these tags.",
  gone: "This is no longer offered.",
  failed: (provider: string) => `${provider} does not answer at the moment.`,
  partly: "Some of this could not be loaded.",
  offline: "The page could not be loaded. Is there a connection?",
  retry: "Try again",
};

type Texts = typeof english;

const french: Texts = {
  tagline: "Des choses à faire, des lieux où séjourner, des images pour rêver",
  language: "Langue",
  book: "Voir l'activité",
  stay: "Où séjourner",
  photos: "Par nos photographes",
  filter: "Filtrer par thème",
  all: "Toutes les photos",
  loading: "Chargement…",
  more: "Plus de photos",
  shown: (count) => `${count} photos affichées`,
  end: (count) => `C'est tout : ${count} photos.`,
  none: "Aucune photo n'a tous ces thèmes.",
  gone: "Cette offre n'existe plus.",
  failed: (provider) => `${provider} ne répond pas pour le moment.`,
  partly: "Une partie n'a pas pu être chargée.",
  offline: "La page n'a pas pu être chargée. Y a-t-il une connexion ?",
  retry: "Réessayer",
};

const italian: Texts = {
  tagline: "Cose da fare, luoghi dove stare, immagini per sognare",
  language: "Lingua",
  book: "Vedi l'attività",
  stay: "Dove soggiornare",
  photos: "Dai nostri fotografi",
  filter: "Filtra per tema",
  all: "Tutte le foto",
  loading: "Caricamento…",
  more: "Altre foto",
  shown: (count) => `${count} foto mostrate`,
  end: (count) => `Tutto qui: ${count} foto.`,
  none: "Nessuna foto ha tutti questi temi.",
  gone: "Questa offerta non c'è più.",
  failed: (provider) => `${provider} al momento non risponde.`,
  partly: "Una parte non è stata caricata.",
  offline: "La pagina non è stata caricata. C'è connessione?",
  retry: "Riprova",
};

export const LANGUAGES = { "en-US": "English", "fr-FR": "Français", "it-IT": "Italiano" };
export type Language = keyof typeof LANGUAGES;
export const TEXTS: Record<Language, Texts> = { "en-US": english, "fr-FR": french, "it-IT": italian };

export function isLanguage(text: string): text is Language {
  return text in LANGUAGES;
}

export const LanguageContext = createContext<Language>("en-US");

/** Gives the page's own words in the language around. */
export function useTexts(): Texts {
  return TEXTS[use(LanguageContext)];
}
