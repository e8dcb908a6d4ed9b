"""The section [plugins.iceberg]."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, Field, field_validator, model_validator

from extract_core.secret_texts import names_a_secret, secret_in


class Settings(BaseModel, extra="forbid", frozen=True):
    """`catalog` holds the properties of a catalog of PyIceberg, at least ``type``."""

    catalog: dict[str, str]
    """``{type = "glue", warehouse = "s3://lake/iceberg"}``. Source: PyIceberg, "Configuration", "Catalogs"."""
    name: str = Field("default", min_length=1)
    """The name of the catalog: its section of ``.pyiceberg.yaml`` is read too, and a catalog of type sql stores it."""
    namespace: str = Field(pattern=r"^[a-z0-9_]{1,255}$")
    """Holds the tables. It is created if it is missing."""
    prefix: str = Field("", pattern=r"^[a-z0-9_]{0,100}$")
    """Stands before the name of each table."""
    data: list[str] = Field(default_factory=list)
    """``s3://`` URIs of the folders of the data: the functions may read the files in them."""

    @field_validator("data")
    @classmethod
    def _in_s3(cls, value: list[str]) -> list[str]:
        for uri in value:
            if not uri.startswith("s3://"):
                raise ValueError(f"{uri!r} is not a URI like s3://bucket/folder")
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if "type" not in self.catalog and "py-catalog-impl" not in self.catalog:
            raise ValueError("catalog.type is missing: write the type of the catalog, such as glue, rest or sql")
        for key, value in self.catalog.items():
            if names_a_secret(key) or secret_in(value):
                raise ValueError(
                    f"catalog.{key} holds a secret, which would stand in the configuration of the Lambda functions: use a "
                    "catalog that the role of the functions opens (glue, or rest with rest.sigv4-enabled), or, on one "
                    "machine, the file .pyiceberg.yaml"
                )
        return self
