import { ApolloProvider, useQuery } from "@apollo/client/react";
import { useEffect, useMemo } from "react";
import { useAddress } from "./address";
import { clientFor } from "./client";
import { at, failuresOf } from "./failures";
import { graphql } from "./gql";
import { Hero } from "./Hero";
import { Part } from "./Part";
import { PhotoGrid } from "./PhotoGrid";
import { Resort, ResortWaiting } from "./Resort";
import { type Language, LANGUAGES, LanguageContext, useTexts } from "./texts";

/** What this page is about: an activity of Musement and a product of Club Med. */
const SUBJECTS = { activity: "f8588839-c993-491d-97cc-a96f03dfb144", product: "ARVE_WINTER" };

const PAGE = graphql(`
  query Page($activity: ID!, $product: ID!) {
    activity(uuid: $activity) {
      id
      ...Hero
    }
    # The page stands before its slowest provider answers.
    ... @defer(label: "resort") {
      resortProduct(productId: $product) {
        id
        ...Resort
      }
    }
  }
`);

export function App() {
  const [address, go] = useAddress();
  const { language, tags } = address;
  const client = useMemo(() => clientFor(language), [language]);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  return (
    <LanguageContext value={language}>
      <ApolloProvider client={client} key={language}>
        <Masthead language={language} setLanguage={(next) => go({ ...address, language: next })} />
        <main>
          <Story />
          <PhotoGrid key={tags.join()} tags={tags} setTags={(next) => go({ ...address, tags: next })} />
        </main>
      </ApolloProvider>
    </LanguageContext>
  );
}

function Story() {
  const { data, error, refetch } = useQuery(PAGE, { variables: SUBJECTS, errorPolicy: "all" });
  const failures = failuresOf(error);
  const retry = () => void refetch();
  return (
    <>
      <Part
        value={data?.activity}
        failures={at(failures, "activity")}
        retry={retry}
        waiting={<div className="hero tile" role="status" />}
      >
        {(activity) => <Hero activity={activity} />}
      </Part>
      <Part
        value={data?.resortProduct}
        failures={at(failures, "resortProduct")}
        retry={retry}
        waiting={<ResortWaiting />}
      >
        {(resort) => <Resort resort={resort} />}
      </Part>
    </>
  );
}

interface MastheadProps {
  language: Language;
  setLanguage: (language: Language) => void;
}

function Masthead({ language, setLanguage }: MastheadProps) {
  const texts = useTexts();
  return (
    <header className="masthead">
      <h1>Elsewhere</h1>
      <p>{texts.tagline}</p>
      <nav aria-label={texts.language}>
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <button
            type="button"
            key={code}
            lang={code}
            aria-pressed={code === language}
            onClick={() => setLanguage(code as Language)}
          >
            {name}
          </button>
        ))}
      </nav>
    </header>
  );
}
