"""The products subgraph that Apollo's compatibility checks ask for, declared with Strawberry's own federation."""

import strawberry
from strawberry import ID
from strawberry.federation import schema_directive
from strawberry.federation.schema_directives import Override
from strawberry.schema_directive import Location

EMAIL = "support@apollographql.com"


@schema_directive(
    locations=[Location.OBJECT],
    name="custom",
    compose=True,
    import_url="https://myspecs.dev/myCustomDirective/v1.0",
)
class Custom:
    """A directive of the subgraph's own."""


def average(root: "User") -> int | None:
    """Divide what the users subgraph knows."""
    if root.total_products_created is None:
        return None
    return round(root.total_products_created / root.years_of_employment)


@strawberry.federation.type(keys=["email"], extend=True)
class User:
    email: ID = strawberry.federation.field(external=True)
    total_products_created: int | None = strawberry.federation.field(external=True)
    years_of_employment: int = strawberry.federation.field(external=True)
    name: str | None = strawberry.federation.field(directives=[Override(override_from="users")])

    average_products_created_per_year: int | None = strawberry.federation.field(
        resolver=average, requires=["totalProductsCreated", "yearsOfEmployment"]
    )

    @classmethod
    def resolve_reference(cls, email: ID, **known: int) -> "User":
        return cls(
            email=email,
            name="Jane Smith",
            total_products_created=known.get("totalProductsCreated", 1337),
            years_of_employment=known.get("yearsOfEmployment", 10),
        )


@strawberry.federation.type(shareable=True)
class ProductDimension:
    size: str | None
    weight: float | None
    unit: str | None = strawberry.federation.field(inaccessible=True)


@strawberry.type
class ProductVariation:
    id: ID


@strawberry.type
class CaseStudy:
    case_number: ID
    description: str | None


@strawberry.federation.type(keys=["study { caseNumber }"])
class ProductResearch:
    study: CaseStudy
    outcome: str | None

    @classmethod
    def resolve_reference(cls, study: dict[str, str]) -> "ProductResearch | None":
        return next((each for each in RESEARCH if each.study.case_number == study["caseNumber"]), None)


@strawberry.federation.type(keys=["sku package"])
class DeprecatedProduct:
    sku: str
    package: str
    reason: str | None
    created_by: User | None

    @classmethod
    def resolve_reference(cls, sku: str, package: str) -> "DeprecatedProduct | None":
        return DEPRECATED if (sku, package) == (DEPRECATED.sku, DEPRECATED.package) else None


@strawberry.federation.type(keys=["id", "sku package", "sku variation { id }"], directives=[Custom()])
class Product:
    id: ID
    sku: str | None
    package: str | None
    variation: ProductVariation | None
    dimensions: ProductDimension | None
    created_by: User | None = strawberry.federation.field(provides=["totalProductsCreated"])
    notes: str | None = strawberry.federation.field(tags=["internal"])
    research: list[ProductResearch]

    @classmethod
    def resolve_reference(
        cls,
        id: ID | None = None,
        sku: str | None = None,
        package: str | None = None,
        variation: dict[str, str] | None = None,
    ) -> "Product | None":
        for product in PRODUCTS:
            by_variation = variation and product.variation and product.variation.id == variation["id"]
            if id == product.id or (sku == product.sku and (package == product.package or by_variation)):
                return product
        return None


@strawberry.federation.interface_object(keys=["id"])
class Inventory:
    id: ID
    deprecated_products: list[DeprecatedProduct]

    @classmethod
    def resolve_reference(cls, id: ID) -> "Inventory":
        return cls(id=id, deprecated_products=[DEPRECATED])


def find_deprecated(sku: str, package: str) -> DeprecatedProduct | None:
    """Find the deprecated product by its key."""
    return DeprecatedProduct.resolve_reference(sku=sku, package=package)


@strawberry.type
class Query:
    @strawberry.field
    def product(self, id: ID) -> Product | None:
        return Product.resolve_reference(id=id)

    deprecated_product: DeprecatedProduct | None = strawberry.field(
        resolver=find_deprecated, deprecation_reason="Use product query instead"
    )


USER = User.resolve_reference(email=ID(EMAIL))
DEPRECATED = DeprecatedProduct(
    sku="apollo-federation-v1",
    package="@apollo/federation-v1",
    reason="Migrate to Federation V2",
    created_by=USER,
)
RESEARCH = [
    ProductResearch(study=CaseStudy(case_number=ID("1234"), description="Federation Study"), outcome=None),
    ProductResearch(study=CaseStudy(case_number=ID("1235"), description="Studio Study"), outcome=None),
]
PRODUCTS = [
    Product(
        id=ID(f"apollo-{name}"),
        sku=name,
        package=package,
        variation=ProductVariation(id=ID(variation)),
        dimensions=ProductDimension(size="small", weight=1, unit="kg"),
        created_by=USER,
        notes=None,
        research=[research],
    )
    for name, package, variation, research in (
        ("federation", "@apollo/federation", "OSS", RESEARCH[0]),
        ("studio", "", "platform", RESEARCH[1]),
    )
]


def products_schema() -> strawberry.Schema:
    """Build the subgraph."""
    return strawberry.federation.Schema(
        query=Query, types=[Product, DeprecatedProduct, Inventory, User], federation_version="2.3"
    )
