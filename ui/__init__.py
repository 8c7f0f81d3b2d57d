"""The frame round the screens: navigation, the sign-in gate, shared widgets and browser components."""
