"""Border lines for maps, `<crisis id>.csv`: lon, lat in degrees.

`nw-syria.csv` is the border of Syria and Turkey west of 38.7° E in Natural Earth 1:10m (public
domain, naturalearthdata.com), thinned to 0.006° (some 600 m).
"""
