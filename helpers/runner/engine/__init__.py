"""The papermill engine cognito-reset and its kernel."""
