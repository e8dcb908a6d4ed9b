"""What names of tables mean: cases for the job and for the command line, which do not share code.

A case: the name, the tables of the database, the search path, and the tables that the name means (none, one, or several).
"""

from __future__ import annotations

Place = tuple[str, str]

CASES: dict[str, tuple[str, list[Place], list[str], list[Place]]] = {
    "schema and table": ("crm.t", [("crm", "t"), ("public", "t")], ["public"], [("crm", "t")]),
    "a table on the search path": ("t", [("crm", "t"), ("public", "t")], ["public"], [("public", "t")]),
    "the first schema of the search path": ("t", [("crm", "t"), ("public", "t")], ["crm", "public"], [("crm", "t")]),
    "a table that is not on the search path": ("t", [("crm", "t")], ["public"], []),
    "no such table": ("crm.s", [("crm", "t")], ["public"], []),
    "a dot in the name of a table": ("public.Pima.te", [("public", "Pima.te")], ["public"], [("public", "Pima.te")]),
    "a dot in a name without a schema": ("Pima.te", [("public", "Pima.te")], ["public"], [("public", "Pima.te")]),
    "a dot in the name of a schema": ("a.b.t", [("a.b", "t")], ["public"], [("a.b", "t")]),
    "schema and table, or a dotted table": (
        "amb.t", [("amb", "t"), ("public", "amb.t")], ["public"], [("amb", "t"), ("public", "amb.t")],
    ),
    "a dotted table that is not on the search path": ("amb.t", [("amb", "t"), ("other", "amb.t")], ["public"], [("amb", "t")]),
    "a dotted schema, or a dotted table": ("a.b.t", [("a.b", "t"), ("a", "b.t")], ["public"], [("a", "b.t"), ("a.b", "t")]),
    "the table in quotes": ('public."amb.t"', [("amb", "t"), ("public", "amb.t")], ["public"], [("public", "amb.t")]),
    "the other table in quotes": ('amb."t"', [("amb", "t"), ("public", "amb.t")], ["public"], [("amb", "t")]),
    "quotes without a schema": ('"amb.t"', [("amb", "t"), ("public", "amb.t")], ["public"], [("public", "amb.t")]),
    "a schema in quotes": ('"a.b".t', [("a.b", "t"), ("a", "b.t")], ["public"], [("a.b", "t")]),
    "both in quotes": ('"a.b"."t"', [("a.b", "t"), ("a", "b.t")], ["public"], [("a.b", "t")]),
    "a quote in quotes": ('public."say ""hi"""', [("public", 'say "hi"')], ["public"], [("public", 'say "hi"')]),
    "a quote in the middle is a letter": ('public.say "hi"', [("public", 'say "hi"')], ["public"], [("public", 'say "hi"')]),
    "blanks at the ends": ('public." t "', [("public", " t "), ("public", "t")], ["public"], [("public", " t ")]),
    "case": ("public.Orders", [("public", "Orders"), ("public", "orders")], ["public"], [("public", "Orders")]),
    "no case": ("public.ORDERS", [("public", "orders")], ["public"], []),
    "letters of all languages": ("größe.таблица 表", [("größe", "таблица 表")], ["public"], [("größe", "таблица 表")]),
    "a text like a variable": ("public.${ENV:HOME}", [("public", "${ENV:HOME}")], ["public"], [("public", "${ENV:HOME}")]),
    "an empty part": ("public.", [("public", "t")], ["public"], []),
    "dots only": ("...", [("public", "...")], ["public"], [("public", "...")]),
}  # fmt: skip
