// As much of the graph as the workloads ask for.
export const typeDefs = /* GraphQL */ `
  type Query {
    activities(uuids: [ID!]!): [Activity]!
    resortProducts(productIds: [ID!]!): [ResortProduct]!
    photos(first: Int): PhotoConnection
  }
  type Activity {
    uuid: ID!
    title: String
    description: String
    url: String
    latitude: Float
    longitude: Float
    gallery: ImageConnection
  }
  type ResortProduct {
    productId: ID!
    gallery: ImageConnection
    videos: VideoConnection
  }
  type ImageConnection {
    nodes: [Image!]!
  }
  type VideoConnection {
    nodes: [Video!]!
  }
  type PhotoConnection {
    nodes: [Photo!]!
  }
  type Image {
    url: String!
    isCover: Boolean!
    thumbnailUrl: String
    keywords: [String!]!
  }
  type Video {
    url: String!
  }
  type Tag {
    slug: ID!
    neutralSlug: ID
    title: String
  }
  type Photo {
    slug: ID!
    title: String
    contentDate: String
    featured: Boolean!
    tags: [Tag!]!
    image: Image
  }
`

const PLACE = '{formatInstructions}'
const filled = ({ templateUrl, thumbnailUrl }) =>
  templateUrl.split('{').length === 2 && templateUrl.includes(PLACE) && !templateUrl.includes('/s--')
    ? templateUrl.replace(PLACE, 'f_auto/q_auto')
    : thumbnailUrl

const located = (item) => (typeof item === 'string' ? { url: item } : item)

export const resolvers = {
  Query: {
    activities: (_, { uuids }, context) => context.activity.loadMany(uuids),
    resortProducts: (_, { productIds }) => productIds.map((productId) => ({ productId })),
    photos: async (_, { first }, { upstream }) => {
      const page = await upstream.get('forge', `/v2/content/en-us/photos?$skip=0&$limit=${first}`)
      return { nodes: page.items }
    },
  },
  Activity: {
    gallery: async ({ uuid }, _, context) => {
      const media = await context.activityMedia.load(uuid)
      return { nodes: media.filter((item) => item.url && (item.type ?? 'image') === 'image') }
    },
  },
  ResortProduct: {
    gallery: async ({ productId }, _, context) => ({
      nodes: (await context.pictures.load(productId)).map(located),
    }),
    videos: async ({ productId }, _, context) => ({
      nodes: (await context.videos.load(productId)).map(located),
    }),
  },
  Image: {
    url: (image) => (image.templateUrl ? filled(image) : image.url),
    isCover: (image) => Boolean(image.is_cover),
    keywords: (image) => image.keywords ?? [],
  },
  Photo: {
    featured: (photo) => photo.featured === 1 || photo.featured === true,
    tags: (photo) => photo.tags ?? [],
  },
}
