"""The receiving side: machines of the hospital send images to us (C-STORE as provider)."""
