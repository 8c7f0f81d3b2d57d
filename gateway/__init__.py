"""A gateway for programs written for a broker's API: its routes and its ticker, as a thin shell over the desk."""
