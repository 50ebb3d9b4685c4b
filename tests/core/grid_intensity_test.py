#!/usr/bin/env python3
"""core/update_grid_intensity.py on small made files of each published format: newest years, codes, what it refuses."""
import pathlib
import subprocess
import sys
import tempfile

SCRIPT = pathlib.Path(sys.argv[1]) / "core" / "update_grid_intensity.py"

OWID = """Entity,Code,Year,Carbon intensity of electricity - gCO2/kWh
Africa,,2023,543.1
France,FRA,2022,85.2
France,FRA,2023,56.04
Germany,DEU,2023,380.95
World,OWID_WRL,2023,480.8
Chad,TCD,2022,0
"""
EMBER = """Area,ISO 3 code,Year,Area type,Category,Subcategory,Variable,Unit,Value
France,FRA,2024,Country or economy,Electricity generation,Total,Total Generation,TWh,560.1
France,FRA,2024,Country or economy,Power sector emissions,CO2 intensity,CO2 intensity,gCO2/kWh,44.18
France,FRA,2023,Country or economy,Power sector emissions,CO2 intensity,CO2 intensity,gCO2/kWh,56.04
France,FRA,2025,Country or economy,Power sector emissions,CO2 intensity,CO2 intensity,gCO2/kWh,
World,,2024,Region,Power sector emissions,CO2 intensity,CO2 intensity,gCO2/kWh,473.05
"""
API = """[{"country_code": "FRA", "country_or_region": "France", "year": 2024, "emissions_intensity_gco2_per_kwh": 44.18},
 {"country_code": "FRA", "country_or_region": "France", "year": 2023, "emissions_intensity_gco2_per_kwh": null},
 {"country_code": "", "country_or_region": "EU", "year": 2024, "emissions_intensity_gco2_per_kwh": 213.31}]"""


def run(text, name):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / name
        path.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, SCRIPT, path, "Made for a test"], capture_output=True, text=True)
    lines = done.stdout.splitlines()
    return [line for line in lines if not line.startswith("#")], lines, done.stderr, done.returncode


def expect(found, wanted):
    if found != wanted:
        sys.exit(f"found {found}\nwanted {wanted}")


figures, lines, _, _ = run(OWID, "owid.csv")
expect(figures, ["DE,DEU,380.95,2023", "FR,FRA,56.04,2023", "WORLD,WORLD,480.8,2023"])
expect(lines[3], "# Made for a test")
expect(run(EMBER, "ember.csv")[0], ["FR,FRA,44.18,2024", "WORLD,WORLD,473.05,2024"])
expect(run(API, "api.json")[0], ["EU,EUR,213.31,2024", "FR,FRA,44.18,2024"])
for text, words in [(OWID.replace("56.04", "5604"), "cannot be right"),
                    (OWID.replace("56.04", "n/a"), "is no number"),
                    (OWID.replace("FRA", "XXZ"), "does not know the codes of these countries\n  XXZ"),
                    ("a,b\n1,2\n", "no published file of carbon intensities")]:
    figures, _, problem, status = run(text, "bad.csv")
    expect((figures, status, words in problem), ([], 1, True))
