"""What every shell that speaks HTTP needs: threads to block in, bodies read with patience, headers, starts and ends."""
