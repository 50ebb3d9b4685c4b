#!/usr/bin/env python3
"""Makes core/grid_intensity.csv from a published file: the newest year of every country.

    core/update_grid_intensity.py FILE "SOURCE" > new.csv && mv new.csv core/grid_intensity.csv

FILE is one of
  Ember's yearly electricity data, long format (CSV): ember-energy.org/data/yearly-electricity-data
  Ember's API, yearly (JSON): rows with country_code, year, emissions_intensity_gco2_per_kwh; a list,
      or an object of them
  Our World in Data, carbon-intensity-electricity (CSV): ourworldindata.org/grapher/carbon-intensity-electricity
SOURCE says in one line whose figures these are and under which licence; it stands in the table.

ISO 3166-1 codes of two letters come from the table that is there; a country that it does not have
is an error, which says how to add it. A figure of 0 is left out: no grid emits nothing.
"""
import csv
import json
import pathlib
import sys

TABLE = pathlib.Path(__file__).resolve().with_name("grid_intensity.csv")
# Regions that are shipped too, by the names that the sources give them.
REGIONS = {"World": "WORLD", "OWID_WRL": "WORLD", "EU": "EUR", "European Union (27)": "EUR"}


def fail(what, where, hint=""):
    sys.exit(f"error: {what}\n  {where}" + (f"\n  {hint}" if hint else ""))


def two_letters():
    """Code of three letters -> of two, as the table has them."""
    known = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            country, three = line.split(",")[:2]
            known[three] = country
    return known


def column(names, wanted):
    for name in names:
        if name.strip().lower() in wanted:
            return name
    return None


def rows_of_csv(path):
    """(code or region, year, grams) of every row that has them."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        names = reader.fieldnames or []
        code = column(names, {"iso 3 code", "country code", "code"})
        area = column(names, {"area", "entity", "country_or_region"})
        year = column(names, {"year"})
        variable = column(names, {"variable"})
        value = column(names, {"value"}) if variable else next(
            (name for name in names if "carbon intensity" in name.lower()), None)
        if not (code and area and year and value):
            fail("this is no published file of carbon intensities",
                 f"{path}: its columns are {', '.join(names)}",
                 "columns of a code, a name, the year and the intensity were expected")
        for row in reader:
            # Ember's long format has one line for each variable.
            if variable and (row[variable] != "CO2 intensity" or row.get("Unit") not in
                             ("gCO2/kWh", "gCO2e/kWh", "gCO2 per kWh")):
                continue
            if row[value].strip():
                yield row[code].strip() or row[area].strip(), row[year], row[value]


def rows_of_json(path):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    if isinstance(document, dict):
        document = document.get("data", list(document.values()))
    for row in document:
        value = row.get("emissions_intensity_gco2_per_kwh")
        if value not in (None, ""):
            name = row.get("country_or_region") or row.get("entity") or ""
            code = row.get("country_code") or row.get("entity_code") or ""
            yield code or name, row.get("year", row.get("date")), value


def newest(rows, path):
    known = two_letters()
    latest = {}
    unknown = set()
    for name, year, value in rows:
        code = REGIONS.get(name, name)
        try:
            grams, of_year = float(value), int(str(year)[:4])
        except ValueError:
            fail("a figure of the published file is no number", f"{path}: {name} {year}: {value!r}")
        if code not in known:
            # Groups of countries have no code, or one that is longer.
            if grams > 0 and len(code) == 3 and code.isalpha() and code.isupper():
                unknown.add(code)
            continue
        if not 0 <= grams < 3000 or not 1990 <= of_year <= 2100:
            fail("a figure of the published file cannot be right",
                 f"{path}: {name} {of_year}: {grams:g} g/kWh")
        if code not in latest or of_year > latest[code][0]:
            latest[code] = (of_year, grams)
    if unknown:
        fail("the table does not know the codes of these countries", ", ".join(sorted(unknown)),
             f"add a line such as \"XX,{min(unknown)},1,2000\" with both ISO 3166-1 codes to "
             f"{TABLE.name}, and run this again")
    if not latest:
        fail("the published file has no figure of any country that the table knows", str(path))
    return {known[code]: (code, *figure) for code, figure in latest.items() if figure[1] > 0}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    path, source = sys.argv[1:]
    rows = rows_of_json(path) if path.endswith(".json") else rows_of_csv(path)
    table = newest(rows, path)
    print("# Carbon intensity of electricity generation: country (ISO 3166-1 of two and of three letters), grams of")
    print("# CO2 equivalent per kilowatt-hour, year; national averages, the newest year that the source has of each.")
    print("# Written by update_grid_intensity.py. Source:")
    print("# " + " ".join(source.split()))
    for country in sorted(table):
        code, year, grams = table[country]
        print(f"{country},{code},{grams:g},{year}")


if __name__ == "__main__":
    main()
