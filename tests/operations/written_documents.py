"""A schema with something of everything, documents for it that are sound, and one that breaks each rule."""

from typing import Final

from graphql import build_schema

SCHEMA: Final = build_schema("""
directive @defer(if: Boolean! = true, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
directive @stream(if: Boolean! = true, label: String, initialCount: Int = 0) on FIELD
directive @marked(by: String!) on FIELD
interface Node { id: ID! near(first: Int! = 3): [Node!] name: String }
type Photo implements Node {
  id: ID! near(first: Int! = 3): [Node!] name: String size: Int owner: Owner tags: [String!]
  url(width: Int!, format: Format = JPG): String!
}
type Video implements Node { id: ID! near(first: Int! = 3): [Node!] name: String size: String! seconds: Float }
type Owner { name: String! photos(filter: Filter, tags: [String!], sizes: [[Int]]): [Photo!]! }
union Media = Photo | Video
enum Format { JPG PNG }
input Filter { title: String size: Int! = 2 need: Boolean! formats: [Format!] inner: Filter inners: [[Filter!]] }
input By @oneOf { id: ID slug: String filter: Filter tags: [String] }
scalar Anything
type Query {
  media: [Media!]! node: Node photo(id: ID!): Photo owner(by: By!, other: By): Owner any(of: Anything): Anything
  maybe(flag: Boolean! = true, list: [Int!]! = [1], ratio: Float): Int _sdl: String
}
type Mutation { touch(filter: Filter!): Photo }
type Subscription { told: Photo also: Int }
""")

SOUND: Final = (
    "{ __typename }",
    "query Named { media { __typename ... on Photo { size } ... on Video { seconds } } }",
    "{ node { id name ... on Photo { id owner { name } } near { name near(first: 1) { id } } } }",
    'query A { photo(id: "1") { id } } query B { photo(id: 1) { url(width: 2) } } mutation C { m: __typename }',
    "query ($w: Int!, $f: Format) { photo(id: 3) { url(width: $w, format: $f) b: url(width: 9, format: PNG) } }",
    "query ($w: Int = 7, $id: ID!) { photo(id: $id) { url(width: $w) } node { near(first: $w) { id } } }",
    "query ($first: Int) { node { near(first: $first) { id } } }",
    "query ($y: Boolean!, $n: Boolean = false) { node @include(if: $y) { id @skip(if: $n) @include(if: true) } }",
    """query ($y: Boolean!) { ... @include(if: $y) { node { id } } ...Top @skip(if: $y) }
    fragment Top on Query { media { ...Sized ...Named } } fragment Sized on Photo { size }
    fragment Named on Node { name ...on Video { seconds } }""",
    "{ node { ...N } photo(id: 1) { ...N near { ...N } } } fragment N on Node { id name }",
    "{ node { id } ...Q } fragment Q on Query { node { id: id name } }",
    '{ photo(id: "a") { owner { name } } photo(id: "a") { owner { name photos { id } } } }',
    '{ owner(by: {id: 4}) { photos(filter: {need: true}, tags: "one", sizes: [[1, null], null, 3]) { id } } }',
    "{ owner(by: {filter: {need: false, title: null, formats: [JPG, PNG]}}, other: null) { name } }",
    """query ($id: ID!, $f: Filter!, $by: By, $u: [String!]!, $s: String, $v: String! = "v", $l: [Int!]) {
    a: owner(by: {id: $id}, other: $by) { name } b: owner(by: {filter: $f}) { name }
    c: owner(by: {filter: {need: true, inners: [[$f], null]}}) { name } d: any(of: 1)
    e: owner(by: {tags: ["x", null]}) { photos(tags: []) { id tags } } g: owner(by: {tags: $u}) { name }
    h: owner(by: {tags: [$s]}) { name } i: owner(by: {slug: $v}) { photos(sizes: [$l]) { id } } }""",
    """query ($n: Boolean, $l: [Int!] = [2], $r: Int) { maybe(flag: $n, list: $l) other: maybe(ratio: 2, list: 3)
    third: maybe(ratio: 1.5e3) fourth: photo(id: 1) { near(first: $r) { id } } }""",
    """query ($f: Filter = {need: true, size: 1, inner: {need: false}}) { owner(by: {id: "1"}) {
    photos(filter: $f) { id } } }""",
    "mutation ($f: Filter!) { touch(filter: $f) { id } again: touch(filter: {need: true}) { name } }",
    """query ($a: Anything, $c: Anything! = 5) { any(of: $a) b: any(of: TEXT) c: any(of: "x") d: any(of: null)
    e: any(of: $c) maybe }""",
    "{ media { ... { __typename } ... on Node { id ... on Media { __typename } } } }",
    "{ media { ... on Photo { near(first: 1) { id } } ... on Video { near(first: 1) { name } } } }",
)
"""Documents without any error, of every kind that clients send."""

BROKEN: Final = {
    "ExecutableDefinitionsRule": "{ maybe } type Extra { name: String }",
    "KnownOperationTypesRule": "",
    "UniqueOperationNamesRule": "query A { maybe } query A { __typename }",
    "LoneAnonymousOperationRule": "{ maybe } query A { maybe }",
    "SingleFieldSubscriptionsRule": "subscription { told { id } also }",
    "KnownTypeNamesRule": "query ($a: Unknown) { any(of: $a) }",
    "FragmentsOnCompositeTypesRule": "{ any ... on Anything { __typename } }",
    "VariablesAreInputTypesRule": "query ($a: Photo) { any(of: $a) }",
    "ScalarLeafsRule": "{ node }",
    "FieldsOnCorrectTypeRule": "{ node { size } }",
    "UniqueFragmentNamesRule": "{ ...A } fragment A on Query { maybe } fragment A on Query { __typename }",
    "KnownFragmentNamesRule": "{ ...Unknown }",
    "NoUnusedFragmentsRule": "{ maybe } fragment A on Query { maybe }",
    "PossibleFragmentSpreadsRule": "{ photo(id: 1) { ... on Video { id } } }",
    "NoFragmentCyclesRule": "{ ...A } fragment A on Query { ...B } fragment B on Query { maybe ...A }",
    "UniqueVariableNamesRule": "query ($a: Int!, $a: Int!) { node { near(first: $a) { id } } }",
    "NoUndefinedVariablesRule": "{ any(of: $a) }",
    "NoUnusedVariablesRule": "query ($a: Int) { maybe }",
    "KnownDirectivesRule": "{ maybe @unknown }",
    "UniqueDirectivesPerLocationRule": "{ maybe @skip(if: true) @skip(if: false) }",
    "DeferStreamDirectiveOnRootField": "mutation { ... @defer { touch(filter: {need: true}) { id } } }",
    "DeferStreamDirectiveOnValidOperationsRule": "subscription { told { ... @defer { id } } }",
    "DeferStreamDirectiveLabel": '{ ... @defer(label: "a") { maybe } ... @defer(label: "a") { maybe } }',
    "StreamDirectiveOnListField": "{ maybe @stream }",
    "KnownArgumentNamesRule": "{ maybe(unknown: 1) }",
    "UniqueArgumentNamesRule": "{ any(of: 1, of: 2) }",
    "ValuesOfCorrectTypeRule": "{ maybe(flag: 1) }",
    "ProvidedRequiredArgumentsRule": "{ photo { id } }",
    "VariablesInAllowedPositionRule": "query ($a: Int) { maybe(list: [$a]) }",
    "MergingRule": "{ maybe maybe: __typename }",
    "UniqueInputFieldNamesRule": "{ owner(by: {id: 1, id: 2}) { name } }",
    "MaxIntrospectionDepthRule": "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
    "NoSchemaIntrospectionCustomRule": "{ __schema { queryType { name } } }",
    "NoSchemaTextRule": "{ _sdl }",
}
"""By the name of the rule: the document that breaks it."""

WRONG: Final = (
    "{ photo(id: 1) { ...V } } fragment V on Video { id }",
    "query ($a: Anything @include(if: true)) { any(of: $a) }",
    '{ owner(by: {filter: {title: "no need"}}) { name } }',
    '{ owner(by: {id: 1, slug: "a"}) { name } }',
    "{ owner(by: {id: null}) { name } }",
    "{ owner(by: {}) { name } }",
    "query ($id: ID) { owner(by: {id: 1}, other: {id: $id}) { name } }",
    "query ($a: Int) { any(of: {a: [$a, $b]}) }",
    "query ($a: Int = true) { any(of: $a) }",
    "query ($a: Int! = null) { any(of: $a) }",
    "query ($a: [Int]) { maybe(list: $a) }",
    "query ($a: Int) { owner(by: {id: 1}) { photos(sizes: $a) { id } } }",
    "{ maybe(list: [1, null]) }",
    "{ maybe @include(if: null) }",
    "{ maybe @include }",
    "{ maybe { __typename } }",
    "{ node { id } ...Q } fragment Q on Query { node { id: name } }",
    "{ media { ... on Photo { size } ... on Video { size } } }",
    "{ media { ... on Photo { near(first: 1) { id } } ... on Node { near(first: 2) { id } } } }",
    "query @skip(if: true) { maybe }",
    "fragment A on Query @skip(if: true) { maybe } { ...A }",
)
"""Documents with an error that is easily overlooked."""
